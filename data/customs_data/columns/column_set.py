"""The columns of an edition: those of the schema, of which some may be absent, and extra ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.columns.grouping import HS_LEVELS
from customs_data.errors import KitError
from customs_data.schema import (
    COLUMN,
    DECLARED_COLUMNS,
    ENTITY_COLUMNS,
    KEY,
    LONGEST_TEXT,
    NUMBER_DTYPE,
    TEXT_DTYPE,
    Column,
    Role,
)

ExtraType = Literal["number", "category"]
EXTRA_TYPES: Final[tuple[str, ...]] = get_args(ExtraType)
_ROLES: Final[dict[str, Role]] = {"number": "number", "category": "code"}
#: Columns that no edition lacks.
REQUIRED: Final[tuple[str, ...]] = (KEY, "Date", "HS6 Code")
_SIZES: Final = ("Net Mass", "Item Price")
# A letter first, then letters, digits and a few marks: names go into headers, tables and TOML.
_NAME: Final = re.compile(r"[^\W\d_][\w .,/()%-]*(?<! )")


@dataclass(frozen=True)
class ColumnSet:
    """Which columns of the schema an edition lacks, and which others it has.

    An absent column is in the files, empty in every row. Extra columns follow those of the schema.

    Attributes
    ----------
    absent : tuple of str
        Declared columns, in the order of the schema.
    extra : dict of str to {'number', 'category'}
        Name -> type, in the order of the files.

    Raises
    ------
    KitError
        If the edition would lack what every edition needs, or a name does not suit an extra column.
    """

    absent: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the names."""
        check_absent(self.absent)
        for name, kind in self.extra.items():
            _check_extra(name, kind)
        ordered = tuple(name for name in DECLARED_COLUMNS if name in self.absent)
        object.__setattr__(self, "absent", ordered)

    @property
    def extra_columns(self) -> tuple[Column, ...]:
        """The extra columns, as the schema describes columns."""
        return tuple(extra_column(name, kind) for name, kind in self.extra.items())

    def after(self, name: str) -> str:
        """Return the name of an edition, and its absent and extra columns in brackets."""
        parts = [f"absent: {', '.join(self.absent)}"] if self.absent else []
        parts += [f"extra: {listed_extra(self.extra)}"] if self.extra else []
        return f"{name} ({'; '.join(parts)})" if parts else name

    def sentences(self) -> list[str]:
        """Return what is absent and what is extra, for people; nothing if neither is."""
        said = []
        if self.absent:
            said.append(f"Absent from this edition, empty in every row: {', '.join(self.absent)}.")
        if self.extra:
            said.append(f"Extra columns: {listed_extra(self.extra)}.")
        return said

    def apply(self, wanted: Iterable[str | Column]) -> tuple[Column, ...]:
        """Return columns of the schema or a task, absent ones marked so, then the extra ones."""
        columns = (COLUMN[it] if isinstance(it, str) else it for it in wanted)
        marked = (
            replace(it, is_absent=True, may_be_missing=True) if it.name in self.absent else it
            for it in columns
        )
        return (*marked, *self.extra_columns)


def check_absent(absent: Iterable[str]) -> None:
    """Check that an edition may lack some columns.

    Raises
    ------
    KitError
        If it may not: the message names the least that an edition needs.
    """
    lacking = set(absent)
    if unknown := sorted(lacking - {*DECLARED_COLUMNS}):
        raise KitError(f"{unknown[0]!r} is no declared column, so it cannot be absent.")
    if needed := needed_of(lacking):
        raise KitError(
            f"{'; '.join(needed)} must not be absent. The least that an edition needs is "
            "Declaration ID, Date, HS6 Code, one trader (declarant, importer, seller or courier), "
            "Net Mass or Item Price, and a label."
        )


def needed_of(absent: Iterable[str]) -> list[str]:
    """Return what of absent columns declarations cannot do without, for people; empty if nothing.

    Examples
    --------
    >>> needed_of(["Date", "Net Mass", "Item Price"])
    ['Date', 'Net Mass or Item Price']
    """
    lacking = set(absent)
    needed = [name for name in REQUIRED if name in lacking]
    needed += ["one of " + ", ".join(ENTITY_COLUMNS)] if lacking >= {*ENTITY_COLUMNS} else []
    needed += [" or ".join(_SIZES)] if lacking >= {*_SIZES} else []
    return needed


def with_way_out(report: str) -> str:
    """Return a report of problems, with the ways out for absent and extra columns."""
    ways = []
    if "must not be empty" in report:
        ways.append(
            "If the source lacks a column, leave it out of the file, or profile the folder of an "
            "edition that lists it under absent."
        )
    if "Unknown columns" in report:
        ways.append("Only the folder of an edition has extra columns; a file has none.")
    return "\n".join([report, *ways])


def extra_column(name: str, kind: str) -> Column:
    """Return an extra column; its cells may be empty, its numbers negative."""
    largest = COLUMN["Item Price"].maximum
    return Column(
        name,
        _ROLES[kind],
        f"A further {kind}, as in the source.",
        minimum=-largest,
        may_be_missing=True,
    )


def extra_names(X: pd.DataFrame) -> dict[str, str]:
    """Return name and type of the extra columns of declarations as models get them.

    These are float64 and text columns that the schema does not have; others, which a team may add
    to a DataFrame, are none.

    Examples
    --------
    >>> extra_names(pd.DataFrame({"Net Mass": [1.0], "Gross Mass": [1.5]}))
    {'Gross Mass': 'number'}
    """
    kinds = {NUMBER_DTYPE: "number", TEXT_DTYPE: "category"}
    return {
        str(name): kinds[kind]
        for name, kind in X.dtypes.items()
        if name not in COLUMN and kind in kinds
    }


def declared_number(X: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    """Return a declared number of each row, shape (n_rows,); an absent one is 1 in every row.

    So features of an absent number are constant, and those of two numbers depend on the other one:
    without masses, the unit price is the price.

    Examples
    --------
    >>> declared_number(pd.DataFrame({"Net Mass": [float("nan")] * 2}), "Net Mass")
    array([1., 1.])
    """
    return np.ones(len(X)) if is_absent(X[name]) else X[name].to_numpy(np.float64)


def absent_columns(X: pd.DataFrame) -> tuple[str, ...]:
    """Return the declared columns that are empty in every row.

    Examples
    --------
    >>> absent_columns(pd.DataFrame({"Net Mass": [float("nan")], "Tax Rate": [8.0]}))
    ('Net Mass',)
    """
    return tuple(name for name in DECLARED_COLUMNS if name in X and is_absent(X[name]))


def is_absent(cells: pd.Series[Any]) -> bool:
    """Return whether all cells are empty; a column without rows is not absent."""
    # The first cell decides for nearly every column.
    return len(cells) > 0 and bool(pd.isna(cells.iloc[0])) and bool(cells.isna().all())


def listed_extra(extra: Mapping[str, str]) -> str:
    """Return names and types for people: ``Gross Mass (number), Channel (category)``."""
    return ", ".join(f"{name} ({kind})" for name, kind in extra.items())


def suitable_name(name: str) -> str:
    """Return a name for an extra column that is like the one in a file.

    Examples
    --------
    >>> suitable_name("2. Peso bruto [kg]")
    'Peso bruto kg'
    """
    plain = re.sub(r"[^\w .,/()%-]+|^[\W\d_]+", " ", name)
    return re.sub(r"^[\W\d_]+", "", " ".join(plain.split()))[:LONGEST_TEXT].strip() or "Column"


def _check_extra(name: str, kind: str) -> None:
    if kind not in EXTRA_TYPES:
        raise KitError(
            f"The extra column {name!r} is of type {kind!r}: choose {' or '.join(EXTRA_TYPES)}."
        )
    if name in COLUMN:
        raise KitError(f"{name!r} is a column of the kit: name it in [columns], not in [extra].")
    if not _NAME.fullmatch(name) or len(name) > LONGEST_TEXT:
        raise KitError(
            f"{name!r} does not suit an extra column: choose 1 to {LONGEST_TEXT} letters, digits, "
            "blanks and . , / ( ) % -, the first a letter."
        )


def check_new_names(extra: Iterable[str], taken: Sequence[str]) -> None:
    """Check that extra columns are not named like other columns of an edition's files.

    Raises
    ------
    KitError
        If one is.
    """
    plain = {name.casefold(): name for name in (*COLUMN, *HS_LEVELS, *taken)}
    for name in extra:
        if name.casefold() in plain:
            raise KitError(
                f"An extra column must not be named {name!r}: the kit uses the name "
                f"{plain[name.casefold()]!r}. Choose another one."
            )
        plain[name.casefold()] = name
