"""Which tables a private profile is made from, and what each takes of the budget."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from customs_data.errors import KitError
from customs_data.profile import FILING_FIELDS

#: Default of delta: far below one over the number of importers of any country.
DELTA: Final = 1e-8
#: Declarations of an importer that count.
MOST_DECLARATIONS: Final = 20
#: What they weigh together, in declarations.
MOST_WEIGHT: Final = 5.0
#: Brokers of an importer that count.
MOST_DECLARANTS: Final = 3

_GOODS: Final = (
    "HS6 Code",
    "Country of Departure",
    "Country of Origin",
    "Tax Rate",
    "Tax Type",
)
#: Counts of combinations, whose cells are not known beforehand.
COUNTED: Final[dict[str, tuple[str, ...]]] = {
    "products": ("HS6 Code",),
    "routes": ("Chapter", "Country of Departure", "Country of Origin"),
    "tariffs": ("HS6 Code", "Tax Rate", "Tax Type"),
    "tariffs of chapters": ("Chapter", "Tax Rate", "Tax Type"),
    "agreements": ("Country of Origin", "Tax Type"),
    "goods": _GOODS,
    "couriers": ("Courier ID",),
    # Mode of Transport and Import Type follow from the first.
    **{
        f"filing: {column}": (*condition, column)
        for column, condition in FILING_FIELDS
        if column not in ("Mode of Transport", "Import Type")
    },
}
#: Sums and counts whose cells are known beforehand, with the columns that they read.
KNOWN: Final[dict[str, tuple[str, ...]]] = {
    "months": ("Date",),
    "weekdays": ("Date",),
    "days": ("Date",),
    "declarants": ("Declarant ID",),
    "whole masses": ("Net Mass",),
    "whole prices": ("Item Price",),
    "masses": ("Net Mass",),
    "prices": ("Net Mass", "Item Price"),
    "moments of chapters": ("Chapter", "Net Mass", "Item Price"),
    "moments of products": ("HS6 Code", "Net Mass", "Item Price"),
}
#: Columns whose values are counted by importers, so that rare values are not lost.
VOCABULARIES: Final = (
    *_GOODS,
    *(column for column, _ in FILING_FIELDS if not column.endswith("Given")),
)
_VOCABULARY_SHARE: Final = 0.14
_FILING_SHARE: Final = 0.14
#: Shares of the budget; they add up to 1.
SHARES: Final[dict[str, float]] = {
    **{f"values of {column}": _VOCABULARY_SHARE / len(VOCABULARIES) for column in VOCABULARIES},
    "months": 0.02,
    "weekdays": 0.02,
    "days": 0.05,
    "products": 0.10,
    "routes": 0.08,
    "tariffs": 0.06,
    "tariffs of chapters": 0.04,
    "agreements": 0.05,
    "goods": 0.12,
    "couriers": 0.02,
    **{
        name: _FILING_SHARE / sum(key.startswith("filing: ") for key in COUNTED)
        for name in COUNTED
        if name.startswith("filing: ")
    },
    "whole masses": 0.01,
    "whole prices": 0.01,
    "declarants": 0.02,
    "masses": 0.01,
    "prices": 0.01,
    "moments of chapters": 0.03,
    "moments of products": 0.07,
}


@dataclass(frozen=True)
class Plan:
    """Budget and bounds of a private profile.

    Attributes
    ----------
    epsilon : float
        Above 0.
    delta : float
        In (0, .01].
    most_declarations : int
        Declarations of each importer that count.
    most_weight : float
        What they weigh together: with more declarations than this, each weighs less.
    shares : dict of str to float
        Share of the budget of each table.
    """

    epsilon: float
    delta: float = DELTA
    most_declarations: int = MOST_DECLARATIONS
    most_weight: float = MOST_WEIGHT
    shares: dict[str, float] = field(default_factory=lambda: dict(SHARES))

    def __post_init__(self) -> None:
        if not 0.0 < self.epsilon <= 100.0:
            raise KitError(f"Epsilon must lie in (0, 100], not {self.epsilon:g}.")
        if not 0.0 < self.delta <= 0.01:
            raise KitError(
                f"Delta must lie in (0, 0.01], not {self.delta:g}. Choose it far below one over "
                "the number of importers."
            )
        if self.most_declarations < 1 or self.most_weight <= 0.0:
            raise KitError("At least one declaration of each importer must count.")
        if abs(sum(self.shares.values()) - 1.0) > 1e-9:
            raise ValueError("the shares of the budget must add up to 1.")

    @property
    def weight(self) -> float:
        """What an importer weighs at most, in declarations."""
        return min(self.most_weight, float(self.most_declarations))
