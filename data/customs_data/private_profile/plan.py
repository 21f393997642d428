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
#: The same for sums of masses and prices, whose noise is larger.
MOST_WEIGHT_OF_VALUES: Final = 2.0
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
#: Shares of the budget; they add up to 1. Rare values are lost first, so that a third is theirs.
SHARES: Final[dict[str, float]] = {
    "values of HS6 Code": 0.06,
    "values of Country of Departure": 0.05,
    "values of Country of Origin": 0.05,
    "values of Tax Rate": 0.06,
    "values of Tax Type": 0.03,
    "values of Mode of Transport": 0.01,
    "values of Import Type": 0.02,
    "values of Payment Type": 0.015,
    "values of Office ID": 0.015,
    "values of Import Use": 0.015,
    "values of Process Type": 0.025,
    "values of Country of Origin Indicator": 0.01,
    "products": 0.07,
    "routes": 0.07,
    "tariffs": 0.05,
    "tariffs of chapters": 0.03,
    "agreements": 0.03,
    "goods": 0.08,
    "couriers": 0.015,
    "filing: Courier Given": 0.02,
    "filing: Payment Type": 0.01,
    "filing: Office ID": 0.02,
    "filing: Import Use": 0.01,
    "filing: Process Type": 0.01,
    "filing: Country of Origin Indicator": 0.015,
    "filing: Seller Given": 0.015,
    "months": 0.01,
    "weekdays": 0.01,
    "days": 0.035,
    "declarants": 0.01,
    "whole masses": 0.005,
    "whole prices": 0.005,
    "masses": 0.005,
    "prices": 0.005,
    "moments of chapters": 0.03,
    "moments of products": 0.08,
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
        """What an importer weighs at most in counts, in declarations."""
        return min(self.most_weight, float(self.most_declarations))

    @property
    def weight_of_values(self) -> float:
        """What an importer weighs at most in sums of masses and prices, in declarations."""
        return min(self.weight, MOST_WEIGHT_OF_VALUES)
