"""Which tables a private profile is made from, and what each takes of the budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from customs_data.errors import KitError
from customs_data.filling import check_profiled
from customs_data.profile import FILING_FIELDS, absent_fields

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
#: Name of the table of the first three fields of a filing.
TRANSPORT: Final = "filing: transport"
#: Counts of combinations, whose cells are not known beforehand.
COUNTED: Final[dict[str, tuple[str, ...]]] = {
    "products": ("HS6 Code",),
    "routes": ("Chapter", "Country of Departure", "Country of Origin"),
    "tariffs": ("HS6 Code", "Tax Rate", "Tax Type"),
    "tariffs of chapters": ("Chapter", "Tax Rate", "Tax Type"),
    "agreements": ("Country of Origin", "Tax Type"),
    "goods": _GOODS,
    "couriers": ("Courier ID",),
    # These three depend on each other; all other fields on some of them.
    TRANSPORT: ("Mode of Transport", "Import Type", "Courier Given"),
    **{
        f"filing: {column}": (*condition, column)
        for column, condition in FILING_FIELDS
        if column not in ("Mode of Transport", "Import Type", "Courier Given")
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
    TRANSPORT: 0.02,
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
#: Share of each extra column, before all shares are divided by their sum.
SHARE_OF_EXTRA: Final = 0.01


# Column without which a known table says nothing.
_ESSENTIAL: Final = {
    "declarants": "Declarant ID",
    "whole masses": "Net Mass",
    "whole prices": "Item Price",
    "masses": "Net Mass",
    "prices": "Item Price",
}


def values_table(column: str) -> str:
    """Return the name of the table of a column's values."""
    return f"values of {column}"


def extra_table(column: str) -> str:
    """Return the name of the table of an extra column."""
    return f"extra: {column}"


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
        Share of the budget of each table. Tables of absent columns leave theirs to the others.
    absent : tuple of str
        Declared columns that the source lacks.
    extra : mapping of str to {'number', 'category'}
        Extra columns to count.

    Raises
    ------
    KitError
        If budget or bounds are not valid, or a column is absent that cannot be.
    """

    epsilon: float
    delta: float = DELTA
    most_declarations: int = MOST_DECLARATIONS
    most_weight: float = MOST_WEIGHT
    shares: dict[str, float] = field(default_factory=lambda: dict(SHARES))
    absent: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)

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
        check_profiled(self.absent)
        if "Importer ID" in self.absent:
            raise KitError(
                "A private profile protects importers, and the source lacks Importer ID. Make one "
                "without --epsilon, which is no guarantee, and publish neither it nor its worlds."
            )

    @property
    def vocabularies(self) -> tuple[str, ...]:
        """Columns of `VOCABULARIES` that the source has."""
        return tuple(column for column in VOCABULARIES if column not in self.absent)

    @property
    def counted(self) -> dict[str, tuple[str, ...]]:
        """Tables of `COUNTED` and of extra categories, with the columns that the source has.

        What is left of a table is counted if it still says more than the tables before it.
        """
        lacking = {*self.absent, *absent_fields(self.absent)}
        tables: dict[str, tuple[str, ...]] = {}
        for name, columns in COUNTED.items():
            left = tuple(column for column in columns if column not in lacking)
            if name.startswith("filing: ") and name != TRANSPORT:
                says_more = columns[-1] in left
            else:
                fewest = 1 if name == TRANSPORT else 2
                says_more = len(left) >= fewest and left not in tables.values()
            if left == columns or says_more:
                tables[name] = left
        return tables | {
            extra_table(name): (name,) for name, kind in self.extra.items() if kind == "category"
        }

    @property
    def known(self) -> dict[str, tuple[str, ...]]:
        """Tables of `KNOWN` and of extra numbers, with the columns that the source has."""
        tables = {
            name: tuple(column for column in columns if column not in self.absent)
            for name, columns in KNOWN.items()
            if _ESSENTIAL.get(name) not in self.absent
        }
        return tables | {
            extra_table(name): (name,) for name, kind in self.extra.items() if kind == "number"
        }

    @property
    def tables(self) -> list[str]:
        """Names of all tables."""
        return [*map(values_table, self.vocabularies), *self.counted, *self.known]

    @property
    def n_thresholded(self) -> int:
        """Tables whose cells are not known beforehand."""
        return len(self.vocabularies) + len(self.counted)

    def share(self, name: str) -> float:
        """Return the share of the budget of a table that is made."""
        return self._part(name) / sum(map(self._part, self.tables))

    def _part(self, name: str) -> float:
        return self.shares.get(name, SHARE_OF_EXTRA)

    @property
    def weight(self) -> float:
        """What an importer weighs at most in counts, in declarations."""
        return min(self.most_weight, float(self.most_declarations))

    @property
    def weight_of_values(self) -> float:
        """What an importer weighs at most in sums of masses and prices, in declarations."""
        return min(self.weight, MOST_WEIGHT_OF_VALUES)
