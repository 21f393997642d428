"""Traces of programs that damage identifiers: valid cells that do not mean what they meant.

A spreadsheet or a data frame turns '0012' into 12, 12.0 or 1.2E+01, and an empty cell into NULL.
The schema allows such text, but one trader becomes two, or a thousand become one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customs_data.columns.matching import arrow_text
from customs_data.schema import COLUMN, ENTITY_COLUMNS, KEY

#: Words that programs and people write for a missing value, in small letters.
MISSING_WORDS: Final = (
    *("null", "nan", "na", "n/a", "n.a.", "#n/a", "none", "nil", "nat", "<na>", "<null>"),
    *("(null)", "(blank)", "\\n", "missing", "undefined", "unknown", "?", "없음", "미상"),
)
_TEXT_ROLES: Final = ("key", "entity", "code")
_DECIMAL: Final = r"^([0-9]+)\.0+$"
_ROUNDED: Final = r"^[0-9](\.[0-9]+)?[eE]\+[0-9]{2,3}$"
# Declaration IDs that are looked at; all are written by the same program.
_MOST_KEYS: Final = 10_000
# Shares of a column's distinct IDs from which on a trace is no accident.
_MOSTLY: Final = 0.5
_SOME: Final = 0.01
_FEWEST: Final = 3
# A column links periods if so many training rows repeat an ID; then so many later rows, or more,
# cannot all be new.
_REPEATING: Final = 0.5
_NEARLY_ALL: Final = 0.95
_FEWEST_ROWS: Final = 20
_LONGEST_GAP_DAYS: Final = 366


@dataclass(frozen=True)
class Damage:
    """Something suspicious in a column.

    Attributes
    ----------
    column : str
        Name of the column.
    message : str
        What is there, with an example, and what to do; without the column's name.
    """

    column: str
    message: str

    def __str__(self) -> str:
        return f"{self.column}: {self.message}"

    def as_dict(self) -> dict[str, str]:
        """Return it as plain data for JSON."""
        return {"column": self.column, "message": self.message}


def find_damage(train: pd.DataFrame, later: pd.DataFrame) -> list[Damage]:
    """Return what is suspicious in the identifiers and days of two periods.

    Parameters
    ----------
    train, later : DataFrame
        Checked declarations; `later` may lack columns.
    """
    damage = [
        Damage(name, message)
        for name, column in COLUMN.items()
        if name in train and name in later and column.role in _TEXT_ROLES
        for message in _suspicions(name, *(_some(frame[name]) for frame in (train, later)))
    ]
    if "Date" in train and "Date" in later:
        damage += [Damage("Date", m) for m in _lonely_days(train["Date"], later["Date"])]
    return damage


def spelled_missing(frame: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Return the cells that spell "missing": column -> word -> number of cells.

    Country columns are left out, where NA is Namibia.

    Examples
    --------
    >>> spelled_missing(pd.DataFrame({"Seller ID": ["NULL", "S1", "NULL"]}))
    {'Seller ID': {'NULL': 2}}
    """
    words = pa.array(MISSING_WORDS)
    counts = {}
    for name, column in COLUMN.items():
        is_free_text = column.pattern == COLUMN[KEY].pattern
        if name not in frame or column.role not in _TEXT_ROLES or not is_free_text:
            continue
        distinct = _distinct(frame[name])
        spelled = pc.filter(distinct, pc.is_in(pc.utf8_lower(distinct), value_set=words))
        if len(spelled):
            cells = frame[name]
            counts[name] = {word: int((cells == word).sum()) for word in spelled.to_pylist()}
    return counts


def _distinct(cells: pd.Series[str]) -> pa.Array:
    text = pc.unique(arrow_text(cells))
    return pc.cast(pc.drop_null(text), pa.string())


def _some(cells: pd.Series[str]) -> pd.Series[str]:
    """Return the cells, or the first ones of a column whose values never repeat."""
    return cells.head(_MOST_KEYS) if cells.name == KEY else cells


def _share(flags: pa.Array | pa.ChunkedArray, n: int) -> float:
    return (pc.sum(flags).as_py() or 0) / max(n, 1)


def _suspicions(name: str, train: pd.Series[str], later: pd.Series[str]) -> Iterator[str]:
    ids, later_ids = _distinct(train), _distinct(later)
    for period, distinct in (("training", ids), ("test", later_ids)):
        decimals = pc.filter(distinct, pc.match_substring_regex(distinct, _DECIMAL))
        if len(decimals) >= max(_FEWEST, _MOSTLY * len(distinct)):
            yield (
                f"{len(decimals):,} of {len(distinct):,} {period} values end in '.0', such as "
                f"{decimals[0].as_py()!r}. A program read them as numbers; export them as text."
            )
    if name not in ENTITY_COLUMNS:
        return
    both = pc.unique(pa.chunked_array([ids, later_ids]))
    rounded = pc.filter(both, pc.match_substring_regex(both, _ROUNDED))
    if len(rounded):
        yield (
            f"{len(rounded):,} IDs are rounded numbers, such as {rounded[0].as_py()!r}, as in a "
            "spreadsheet: different traders became one. Export the column as text."
        )
    yield from _spellings(both)
    rows, later_rows = (pc.drop_null(arrow_text(cells)) for cells in (train, later))
    counts = pc.value_counts(rows).field("counts")
    repeating = 1 - _share(pc.equal(counts, 1), len(rows))
    unknown = 1 - _share(pc.is_in(later_rows, value_set=ids), len(later_rows))
    if len(later_rows) >= _FEWEST_ROWS and repeating >= _REPEATING and unknown >= _NEARLY_ALL:
        yield (
            f"{unknown:.1%} of the test rows have an ID that training lacks, although "
            f"{repeating:.0%} of the training rows repeat one. Were the periods coded apart? "
            f"Training has {ids[0].as_py()!r}, test {later_ids[0].as_py()!r}, for example."
        )


def _plain_numbers(ids: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(ids, _DECIMAL, r"\1")


def _without_zeros(ids: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(ids, "^0+([0-9]+)$", r"\1")


def _without_blanks(ids: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(ids, r"[\s\p{Z}]+", "")


def _one_form(ids: pa.Array) -> pa.Array:
    return pc.utf8_normalize(ids, form="NFKC")


# Normalisation, difference between the spellings, share of the IDs from which on it is suspicious:
# leading zeros and capital letters can also distinguish traders.
_SPELLINGS: Final[tuple[tuple[Callable[[pa.Array], pa.Array], str, float], ...]] = (
    (_plain_numbers, "'.0' at the end", 0.0),
    (_without_zeros, "leading zeros", _SOME),
    (pc.utf8_lower, "capital letters", _SOME),
    (_without_blanks, "blanks", 0.0),
    (_one_form, "the form of the characters (full-width digits, composed letters)", 0.0),
)


def _spellings(ids: pa.Array) -> Iterator[str]:
    """Yield the ways in which one ID seems to have several spellings."""
    for normalise, difference, least in _SPELLINGS:
        plain = normalise(ids)
        n_split = len(ids) - pc.count_distinct(plain).as_py()
        if n_split < 1 or n_split < least * len(ids):
            continue
        pairs = pd.DataFrame({"id": ids.to_pandas(), "plain": plain.to_pandas()})
        alike = pairs[pairs.duplicated("plain", keep=False)].sort_values(["plain", "id"])
        first, second = alike["id"].head(2)
        yield (
            f"{n_split:,} IDs differ from another one only by {difference}, such as {first!r} and "
            f"{second!r}. If they are the same, give them one spelling."
        )


def _lonely_days(train: pd.Series[pd.Timestamp], later: pd.Series[pd.Timestamp]) -> Iterator[str]:
    """Yield the gap of more than a year before or after which few declarations lie."""
    dates = np.sort(np.concatenate([train.to_numpy(), later.to_numpy()]).astype("datetime64[D]"))
    gaps = np.diff(dates).astype(np.int64)
    for place in np.flatnonzero(gaps > _LONGEST_GAP_DAYS):
        n_few = min(place + 1, len(dates) - place - 1)
        if n_few <= _SOME * len(dates):
            outlier = dates[place] if n_few == place + 1 else dates[place + 1]
            lie = "declaration lies" if n_few == 1 else "declarations lie"
            yield (
                f"{n_few:,} {lie} more than a year from all others, such as {outlier}. "
                "Is that the code of an unknown day?"
            )
