"""The column map: what the columns and cells of an office's own export mean."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal

from customs_data.columns.column_set import ColumnSet, ExtraType
from customs_data.errors import KitError
from customs_data.schema import COLUMN, DECLARED_COLUMNS, KEY, LABEL_COLUMNS, Column
from customs_data.toml import from_table, read_toml

_TEXT_ROLES: Final = ("key", "entity", "code")
_ALPHA_2: Final = COLUMN["Country of Origin"].pattern
_HS: Final = "HS6 Code"
_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_FEWEST_HS_DIGITS: Final = 6
_MOST_HS_DIGITS: Final = 12


@dataclass(frozen=True)
class FileLayout:
    """How the cells are written.

    Attributes
    ----------
    encoding : str
        Name of a character encoding, such as ``cp949``.
    delimiter : str
        The character between cells of a CSV file.
    decimal, thousands : str
        Marks in numbers; no thousands mark by default. A blank stands for any blank.
    sheet : str
        Sheet of a workbook; needed if several have content.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: Literal[".", ","] = "."
    thousands: str = ""
    sheet: str = ""

    def __post_init__(self) -> None:
        """Check the names and marks."""
        try:
            codecs.lookup(self.encoding)
            "".encode(self.encoding)
        except LookupError:
            raise KitError(
                f"Unknown encoding {self.encoding!r}: use utf-8, cp949, euc-kr, latin-1, cp1252, "
                "utf-16 or another that Python knows."
            ) from None
        if len(self.delimiter) != 1 or not self.delimiter.isascii() or self.delimiter in '"\r\n':
            raise KitError(f"delimiter must be one character such as ';', not {self.delimiter!r}.")
        if len(self.thousands) > 1 or self.thousands == self.decimal or self.thousands.isdigit():
            raise KitError(
                f"thousands must be one mark other than decimal ({self.decimal!r}), "
                f"not {self.thousands!r}."
            )


@dataclass(frozen=True)
class Currency:
    """How item prices become won: a rate of each currency.

    Attributes
    ----------
    column : str
        Column of the file with the currency of each row; or
    code : str
        the currency of all rows.
    rates : dict of str to float
        Won for one unit of each currency. KRW needs none.
    monthly : dict of str to dict of str to float
        Currency -> month (``2020-01``) of the declaration -> won for one unit. A currency has
        either one rate or monthly ones.
    """

    column: str = ""
    code: str = ""
    rates: dict[str, float] = field(default_factory=dict)
    monthly: dict[str, dict[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that there is a currency, and a rate of it."""
        if bool(self.column) == bool(self.code):
            raise KitError("give either column or code: where the currency stands, or which it is.")
        dated = [
            (f"{name} in {month}", rate)
            for name, rates in self.monthly.items()
            for month, rate in rates.items()
        ]
        for name, rate in (*self.rates.items(), *dated):
            if not 0 < rate < float("inf"):
                one = name.partition(" ")[0]
                raise KitError(f"the rate of {name} is {rate:g}: write how many won {one} 1 is.")
        for name, rates in self.monthly.items():
            if wrong := [month for month in rates if not _MONTH.fullmatch(month)]:
                raise KitError(f"monthly.{name}: {wrong[0]!r} is no month; write it as 2020-01.")
            if name in self.rates:
                raise KitError(f"{name} has one rate and monthly ones: keep one of them.")
        if self.code and self.code not in (*self.all_rates, *self.monthly):
            raise KitError(f"the currency {self.code} has no rate: add rates = {{{self.code} = }}.")

    @property
    def all_rates(self) -> dict[str, float]:
        """Rates with that of the won."""
        return {"KRW": 1.0} | self.rates

    def rate_of(self, name: str, day: str) -> float:
        """Return the won for one unit of a currency on a day YYYY-MM-DD; NaN if not known."""
        if name in self.monthly:
            return self.monthly[name].get(day[: len("2020-01")], math.nan)
        return self.all_rates.get(name, math.nan)


@dataclass(frozen=True)
class LineItems:
    """Rows that are items of a declaration: each number and line get an ID of their own.

    Attributes
    ----------
    number : str
        Column of the file with the number of the declaration.
    line : str
        Column with the number of the item; without it, one row is one declaration.
    """

    number: str
    line: str = ""


@dataclass(frozen=True)
class Extra:
    """A column of the file that models get beside those of the kit.

    Attributes
    ----------
    column : str
        Column of the file.
    type : {'number', 'category'}
    """

    column: str
    type: ExtraType


@dataclass(frozen=True)
class ColumnMap:
    """What an export's columns and cells mean.

    Attributes
    ----------
    columns : dict of str to str
        Column of the kit -> column of the file. Both labels may come from one column.
    absent : dict of str to str
        Column of the kit that the file lacks -> what stands in every row. With nothing there, the
        edition lists the column as absent.
    extra : dict of str to Extra
        Further columns, which models get as features, by the name that they get.
    missing : tuple of str
        Words that are read as an empty cell.
    date_format : str
        As in Python's strptime: ``%d/%m/%Y``, ``%Y%m%d``, ``%d.%m.%Y %H:%M``.
    hs_digits : int
        Digits of an HS code in the file, of which six are kept. A code with one digit fewer lost
        its leading zero.
    countries : {'alpha-2', 'alpha-3'}
        Form of the country codes in the file.
    spreadsheet : bool
        Whether a spreadsheet wrote IDs, codes and days as numbers: 1000.0 becomes 1000, and a
        rounded 9.7E+07 is refused, as its digits are lost. 43831 in the column of days is the day
        2020-01-01, which Excel counts from 1900.
    digits : dict of str to int
        Column of IDs or codes -> digits, to which lost leading zeros are filled.
    values : dict of str to dict
        Column of the kit -> word in the file -> value: ``Y`` -> ``1``. An empty word stands for
        empty cells.
    file : FileLayout
    currency : Currency, optional
        How item prices become won; by default they are in won.
    line_items : LineItems, optional
        How rows get declaration IDs; by default `columns` names them.
    """

    columns: dict[str, str]
    absent: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Extra] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    date_format: str = "%Y-%m-%d"
    hs_digits: int = 6
    countries: Literal["alpha-2", "alpha-3"] = "alpha-2"
    spreadsheet: bool = False
    digits: dict[str, int] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    file: FileLayout = field(default_factory=FileLayout)
    currency: Currency | None = None
    line_items: LineItems | None = None

    def __post_init__(self) -> None:
        """Check what does not depend on a file or a task."""
        if not _FEWEST_HS_DIGITS <= self.hs_digits <= _MOST_HS_DIGITS:
            raise KitError(f"hs_digits must be from 6 to 12, not {self.hs_digits}.")
        if "%" not in self.date_format:
            raise KitError(
                f"date_format is {self.date_format!r}: write it as in %d/%m/%Y or %Y%m%d."
            )
        if self.line_items and KEY in (*self.columns, *self.absent):
            raise KitError(f"{KEY} comes from [line_items]; remove it from columns and absent.")
        users: dict[str, str] = {}
        extra = {name: it.column for name, it in self.extra.items()}
        for name, source in (*self.columns.items(), *extra.items()):
            if not source.strip():
                raise KitError(f"columns: {name!r} has no name. Name a column, or remove the line.")
            other = users.setdefault(source, name)
            if other != name and not {name, other} <= set(LABEL_COLUMNS):
                raise KitError(f"columns: {other!r} and {name!r} are both read from {source!r}.")
            if name in self.absent:
                raise KitError(f"{name!r} has a column and is in absent: keep one of them.")

    def sources(self) -> tuple[str, ...]:
        """Return the columns of the file that the map reads."""
        items, currency = self.line_items, self.currency
        more = [items.number, items.line] if items else []
        more += [currency.column] if currency else []
        more += [it.column for it in self.extra.values()]
        return tuple(dict.fromkeys(name for name in (*self.columns.values(), *more) if name))

    def source_of(self, name: str) -> str:
        """Return the column of the file from which a column of the edition is read."""
        return self.extra[name].column if name in self.extra else self.columns[name]

    @property
    def column_set(self) -> ColumnSet:
        """The columns of the edition: absent are those with nothing in every row."""
        absent = (it for it, value in self.absent.items() if not value and it in DECLARED_COLUMNS)
        return ColumnSet(tuple(absent), {name: it.type for name, it in self.extra.items()})

    def check_columns(self, wanted: Iterable[Column]) -> None:
        """Check the map against the columns that an edition needs, extra ones among them.

        Raises
        ------
        KitError
            If a column is unknown or missing, or a label absent.
        """
        columns = {column.name: column for column in wanted}
        for where, names in _named(self):
            for name in names:
                if name not in columns:
                    raise KitError(f"{where}: unknown column {name!r}{_nearest(name, columns)}.")
        generated = (KEY,) if self.line_items else ()
        lacking = [
            name
            for name in columns
            if name not in (*self.columns, *self.absent, *self.extra, *generated)
        ]
        if lacking:
            raise KitError(
                f"nothing is said about {', '.join(lacking)}. Name their columns in [columns], or "
                'in [absent] what every row gets: "" if your office does not have it.'
            )
        for name, value in self.absent.items():
            if columns[name].role == "label" and not value:
                raise KitError(
                    f"absent: an edition needs {name}. Name its column in [columns]; both labels "
                    "may come from one column."
                )
        for name in self.digits:
            if columns[name].role not in _TEXT_ROLES or is_hs(columns[name]):
                raise KitError(f"digits: {name} is no ID or code (hs_digits is for HS codes).")


def _named(column_map: ColumnMap) -> Iterable[tuple[str, Iterable[str]]]:
    """Yield each table of a map and the kit's columns that it names."""
    for where in ("columns", "absent", "digits", "values"):
        yield where, getattr(column_map, where)


def _nearest(name: str, columns: Mapping[str, Column]) -> str:
    plain = {known.casefold(): known for known in columns}
    close = get_close_matches(name.casefold(), plain, n=1)
    return f"; is it {plain[close[0]]!r}?" if close else f"; known are {', '.join(columns)}"


def is_hs(column: Column) -> bool:
    """Return whether a column has HS codes."""
    return column.name == _HS


def is_country(column: Column) -> bool:
    """Return whether a column has countries."""
    return column.pattern == _ALPHA_2


def read_column_map(path: Path) -> ColumnMap:
    """Read a column map from TOML.

    Raises
    ------
    KitError
        If the file cannot be read, or a key or value is wrong.
    """
    table: dict[str, Any] = read_toml(path)
    return from_table(ColumnMap, table, path.name)
