"""The declaration: 22 columns, in one place.

Spelling and order follow Table 1 of 'Customs Import Declaration Datasets' (Jeong et al.,
arXiv:2208.02484). Everything that reads, writes, checks, encodes or explains declarations takes
names, types, units and ranges from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

Role = Literal["key", "time", "entity", "code", "number", "label"]

#: Text columns: one string type under pandas 2.3 and 3 alike, missing cells are NaN.
TEXT_DTYPE: Final = pd.StringDtype("pyarrow", na_value=np.nan)
#: Dates carry no time of day; seconds keep the range of years wide.
DATE_DTYPE: Final = np.dtype("datetime64[s]")
NUMBER_DTYPE: Final = np.dtype(np.float64)
LABEL_DTYPE: Final = np.dtype(np.int8)

#: Days that a declaration can have, both inclusive. Programs write 0001-01-01, 1899-12-30 or
#: 9999-12-31 for an unknown day, and no calendar or axis of a figure shows these beside real days.
FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2100, 12, 31)

# Up to 1e15, thousand times what an item costs in won at most, a float64 is exact to the unit. The
# quotient of two numbers is at most 1e30, which fits the float32 of models with room for sums.
_LARGEST_NUMBER: Final = 1e15
_SMALLEST_POSITIVE: Final = 1e-15

#: An erased label in Python (scikit-learn's semi-supervised convention); an empty cell in a file.
ERASED: Final = -1

# One to 64 printable characters, no blanks at the ends, and nothing a spreadsheet would take for a
# formula (a leading = + - @).
LONGEST_TEXT: Final = 64
TEXT_PATTERN: Final = (
    r"[^\s\p{Z}=+\-@\p{C}]([^\p{C}\p{Zl}\p{Zp}]{0,62}[^\s\p{Z}\p{C}])?"  # \s is ASCII only here
)
_TEXT_WORDS: Final = (
    "1 to 64 printable characters, without blanks at the ends and not starting with = + - @"
)


@dataclass(frozen=True)
class Column:
    """One column of a declaration.

    Attributes
    ----------
    name : str
        Spelling in every file.
    role : {'key', 'time', 'entity', 'code', 'number', 'label'}
        What the column is; decides its dtype.
    description : str
        One line for people.
    unit : str
        Unit of a number, or ``""``.
    minimum, maximum : float
        Range of a number, both inclusive.
    smallest_positive : float
        Smallest allowed number above 0.
    values : tuple of int
        Allowed values of a label.
    pattern, pattern_in_words : str
        Regular expression (RE2) that a text must match in full, and the same for people.
    may_be_missing : bool
        Whether a cell may be empty.
    is_absent : bool
        Whether every cell must be empty, because the source lacks the column.
    """

    name: str
    role: Role
    description: str
    unit: str = ""
    minimum: float = 0.0
    maximum: float = _LARGEST_NUMBER
    smallest_positive: float = _SMALLEST_POSITIVE
    values: tuple[int, ...] = ()
    pattern: str = TEXT_PATTERN
    pattern_in_words: str = _TEXT_WORDS
    may_be_missing: bool = False
    is_absent: bool = False

    @property
    def explanation(self) -> str:
        """Description with the unit, if there is one: "Mass without packing. (kg)"."""
        return f"{self.description} ({self.unit})" if self.unit else self.description

    @property
    def dtype(self) -> np.dtype[Any] | pd.StringDtype[Any]:
        """Type of the column in a DataFrame."""
        match self.role:
            case "time":
                return DATE_DTYPE
            case "number":
                return NUMBER_DTYPE
            case "label":
                return LABEL_DTYPE
            case _:
                return TEXT_DTYPE


def _country(name: str, description: str) -> Column:
    words = "a country code of two capital letters (ISO 3166-1 alpha-2, ZZ = unknown)"
    return Column(name, "code", description, pattern="[A-Z]{2}", pattern_in_words=words)


COLUMNS: Final[tuple[Column, ...]] = (
    Column("Declaration ID", "key", "Identifies the declaration; unique within an edition."),
    Column("Date", "time", "Day the declaration was filed, YYYY-MM-DD."),
    Column("Office ID", "code", "Customs office that received the declaration."),
    Column("Process Type", "code", "How the declaration is processed (e.g. on paper)."),
    Column("Import Type", "code", "Kind of import (e.g. general, e-commerce)."),
    Column("Import Use", "code", "What the goods are for (e.g. consumption, re-export)."),
    Column("Payment Type", "code", "How the goods were paid for."),
    Column("Mode of Transport", "code", "Sea, air, post, ..."),
    Column("Declarant ID", "entity", "The broker who filed the declaration."),
    Column("Importer ID", "entity", "Who imports."),
    Column("Seller ID", "entity", "Overseas seller.", may_be_missing=True),
    Column("Courier ID", "entity", "Express courier.", may_be_missing=True),
    Column(
        "HS6 Code",
        "code",
        "Goods, in the Harmonized System: chapter (2), heading (4), subheading (6 digits).",
        pattern="[0-9]{6}",
        pattern_in_words="six digits, as text with its leading zeros",
    ),
    _country("Country of Departure", "Where the goods were shipped from."),
    _country("Country of Origin", "Where the goods were made."),
    Column("Tax Rate", "number", "Ad valorem duty rate.", unit="percent"),
    Column("Tax Type", "code", "Kind of rate: basic, WTO bound, free-trade agreement, ..."),
    Column("Country of Origin Indicator", "code", "How the goods are marked with their origin."),
    Column("Net Mass", "number", "Mass without packing.", unit="kg"),
    Column("Item Price", "number", "Assessed value.", unit="KRW"),
    Column("Fraud", "label", "1 = an inspection found fraud, 0 = it found none.", values=(0, 1)),
    Column(
        "Critical Fraud",
        "label",
        "2 = fraud that threatens public safety, 1 = other fraud, 0 = none.",
        values=(0, 1, 2),
    ),
)

COLUMN: Final[dict[str, Column]] = {column.name: column for column in COLUMNS}
KEY: Final = "Declaration ID"
LABEL_COLUMNS: Final = tuple(c.name for c in COLUMNS if c.role == "label")
DECLARED_COLUMNS: Final = tuple(c.name for c in COLUMNS if c.role != "label")
ENTITY_COLUMNS: Final = tuple(c.name for c in COLUMNS if c.role == "entity")
CODE_COLUMNS: Final = tuple(c.name for c in COLUMNS if c.role == "code")
NUMBER_COLUMNS: Final = tuple(c.name for c in COLUMNS if c.role == "number")

#: The six columns whose exact repetition makes a release a look-up table (REFERENCES.md, 2).
LOOKUP_TUPLE: Final = (
    "HS6 Code",
    "Country of Departure",
    "Country of Origin",
    "Tax Rate",
    "Tax Type",
    "Net Mass",
)
