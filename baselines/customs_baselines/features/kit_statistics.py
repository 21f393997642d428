"""The counts and sums behind recipe `kit`: of any part of the training declarations, and merged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.features.cell_sums import (
    UNIT,
    CellSums,
    Floats,
    GroupRows,
    Integers,
    Lookup,
    RowsByCell,
    to_units,
)
from customs_baselines.features.folds import Cells, LeftOut
from customs_baselines.features.norms import NORM_LEVELS
from customs_baselines.features.risk import PROFILE_KEYS, SMOOTHING, profile_of
from customs_data.columns.column_set import declared_number, extra_names
from customs_data.columns.grouping import Codebook, CodedTable, Codes, Group, Grouping

Key = tuple[str, ...]

#: Codes with few values; the feature is their rank by frequency in training (0 = most frequent).
RANKED_CODES: Final = (
    "Office ID",
    "Process Type",
    "Import Type",
    "Import Use",
    "Payment Type",
    "Mode of Transport",
    "Tax Type",
    "Country of Departure",
    "Country of Origin",
    "Country of Origin Indicator",
)
#: Keys whose declarations are counted: size of traders, frequency of combinations.
COUNTED_KEYS: Final[tuple[Key, ...]] = (
    ("Importer ID",),
    ("Declarant ID",),
    ("Seller ID",),
    ("Courier ID",),
    ("HS6 Code",),
    ("Country of Departure", "Country of Origin"),
    ("Importer ID", "HS6 Code"),
    ("Importer ID", "Declarant ID"),
    ("Importer ID", "Seller ID"),
    ("Declarant ID", "HS6 Code"),
)
#: Coarse and fine keys; the feature is the fine one's share of the coarse one's declarations.
USUAL_PAIRS: Final[tuple[tuple[Key, Key], ...]] = (
    (("HS6 Code",), ("HS6 Code", "Country of Origin")),
    (("HS6 Code", "Country of Origin"), ("HS6 Code", "Country of Origin", "Tax Type")),
    (("HS6 Code", "Tax Type"), ("HS6 Code", "Tax Type", "Tax Rate")),
    (
        ("HS6 Code", "Country of Origin"),
        ("HS6 Code", "Country of Origin", "Country of Departure"),
    ),
    (("Chapter",), ("Chapter", "Country of Origin Indicator")),
)
#: Numbers whose norm by goods is known, and what else is summed.
NORMED: Final = ("log unit price", "log mass")
DECLARATIONS, LABELLED, FRAUDS = "declarations", "labelled", "frauds"
RISK, EVIDENCE = "risk", "evidence"

# Declared numbers on a log scale; 0 kg and 0 KRW occur, hence the offsets.
_NUMBERS: dict[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "log mass": lambda mass, price, rate: np.log(mass + 0.1),
    "log price": lambda mass, price, rate: np.log(price + 1.0),
    "log unit price": lambda mass, price, rate: np.log((price + 1.0) / (mass + 0.1)),
    "tax rate": lambda mass, price, rate: rate,
    "log duty": lambda mass, price, rate: np.log1p(price * rate / 100),
}


def numbers_of(X: pd.DataFrame, *names: str) -> dict[str, Floats]:
    """Return the named numbers of each declaration, shape (n_rows,) each; all by default."""
    declared = [declared_number(X, name) for name in ("Net Mass", "Item Price", "Tax Rate")]
    return {name: _NUMBERS[name](*declared) for name in names or _NUMBERS}


def _units(X: pd.DataFrame, name: str) -> Integers:
    return to_units(numbers_of(X, name)[name])


def profile_keys(extra: Mapping[str, str]) -> tuple[Key, ...]:
    """Return the keys that have a risk profile: those of all editions, and extra categories."""
    return (*PROFILE_KEYS, *((name,) for name, kind in extra.items() if kind == "category"))


def measures(with_labels: bool, extra: Mapping[str, str]) -> dict[Key, tuple[str, ...]]:
    """Return what is summed for each key."""
    counted = (*COUNTED_KEYS, *(key for pair in USUAL_PAIRS for key in pair), *NORM_LEVELS)
    wanted: dict[Key, tuple[str, ...]] = dict.fromkeys(counted, (DECLARATIONS,))
    for name in (*RANKED_CODES, *(name for name, kind in extra.items() if kind == "category")):
        wanted.setdefault((name,), (DECLARATIONS,))
    for key in NORM_LEVELS:
        wanted[key] += NORMED
    for key in profile_keys(extra) if with_labels else ():
        wanted[key] = (*wanted.get(key, ()), LABELLED, FRAUDS)
    return wanted


class ExtraNumber(NamedTuple):
    """What training says about an extra column of numbers.

    Attributes
    ----------
    lowest : float
        The smallest number, which takes the place of empty cells; 0 if all are empty.
    is_missing : bool
        Whether some cells are empty.
    """

    lowest: float
    is_missing: bool

    @classmethod
    def of(cls, numbers: Floats) -> ExtraNumber:
        """Read the column of some declarations, shape (n_rows,)."""
        known = numbers[~np.isnan(numbers)]
        return cls(float(known.min(initial=np.inf)), len(known) < len(numbers))

    def merge(self, other: ExtraNumber) -> ExtraNumber:
        """Return what both parts say."""
        return ExtraNumber(min(self.lowest, other.lowest), self.is_missing or other.is_missing)

    def fill(self, numbers: Floats) -> Floats:
        """Return numbers without empty cells."""
        lowest = self.lowest if np.isfinite(self.lowest) else 0.0
        return np.where(np.isnan(numbers), lowest, numbers)


@dataclass(frozen=True)
class KitStatistics:
    """Counts and sums of some training declarations, by group and cell (see `CellSums`).

    Statistics of parts, merged in any order, are those of the whole, bit for bit: groups are
    numbered by their values, and all sums are integers.

    Attributes
    ----------
    book : Codebook
        Numbers of the values of each column.
    groupings : dict of tuple to Grouping
        Numbers of the values of each key.
    sums : dict of tuple to dict of str to CellSums
        By key and measure.
    overall : dict of str to int
        Sum of each measure over all declarations; numbers in units of 2^-24.
    extra : dict of str to {'number', 'category'}
        Extra columns of the declarations.
    numbers : dict of str to ExtraNumber
        By extra column of numbers.
    """

    book: Codebook
    groupings: dict[Key, Grouping]
    sums: dict[Key, dict[str, CellSums]]
    overall: dict[str, int]
    extra: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, ExtraNumber] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        X: pd.DataFrame,
        y: npt.NDArray[np.int8],
        cell: Cells,
        n_cells: int,
        with_labels: bool,
        wanted: Mapping[Key, tuple[str, ...]] | None = None,
    ) -> KitStatistics:
        """Return the statistics of a part.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, 20 + n_extra)
            Declared and extra columns.
        y : ndarray of int8, shape (n_rows,)
            1 = fraud, 0 = honest, -1 = unlabelled.
        cell : ndarray of int8, shape (n_rows,)
            Cell of each row, 0 .. n_cells - 1.
        n_cells : int
            Number of cells of the whole.
        with_labels : bool
            Whether labels are counted.
        wanted : mapping of tuple to tuple of str, optional
            What is summed for each key; by default what recipe `kit` needs (see `measures`).
        """
        return cls.read(X, y, cell, n_cells, with_labels, wanted)[0]

    @classmethod
    def read(
        cls,
        X: pd.DataFrame,
        y: npt.NDArray[np.int8],
        cell: Cells,
        n_cells: int,
        with_labels: bool,
        wanted: Mapping[Key, tuple[str, ...]] | None = None,
    ) -> tuple[KitStatistics, CodedTable, dict[Key, Codes]]:
        """Return the statistics as `of`, the rows as codes, and each row's group by key."""
        book = Codebook()
        coded = book.fit(X)
        extra = extra_names(X)
        cells = RowsByCell(cell, n_cells)
        rows = {LABELLED: cells.find(y >= 0), FRAUDS: cells.find(y == 1)}
        wanted = measures(with_labels, extra) if wanted is None else wanted
        summed = {name for names in wanted.values() for name in names}
        units = {name: cells.sort(_units(X, name)) for name in NORMED if name in summed}
        groupings, sums, groups = {}, {}, {}
        for key, names in wanted.items():
            groupings[key] = Grouping(key)
            # Kept, because grouping several columns again would take longer.
            groups[key] = groupings[key].fit_codes(coded)
            of_groups = GroupRows(cells, groups[key], groupings[key].n_groups)
            sums[key] = {
                name: of_groups.sum(units[name])
                if name in units
                else of_groups.count(rows.get(name))
                for name in names
            }
        overall = {DECLARATIONS: len(X)}
        overall |= {LABELLED: int((y >= 0).sum()), FRAUDS: int((y == 1).sum())}
        overall |= {name: int(unit.sum()) for name, unit in units.items()}
        numbers = {
            name: ExtraNumber.of(X[name].to_numpy(np.float64))
            for name, kind in extra.items()
            if kind == "number"
        }
        return cls(book, groupings, sums, overall, extra, numbers), coded, groups

    @classmethod
    def merge(cls, parts: Sequence[KitStatistics]) -> KitStatistics:
        """Return the statistics of several parts together; their cells and keys are the same."""
        first = parts[0]
        book = Codebook.unite([part.book for part in parts])
        columns = {name for key in first.groupings for name in key}
        new = [{name: it.book.places_in(book, name) for name in columns} for it in parts]
        groupings, sums = {}, {}
        for key in first.groupings:
            values = [
                {
                    name: places[name].take(codes)
                    for name, codes in it.groupings[key].values().items()
                }
                for places, it in zip(new, parts, strict=True)
            ]
            all_values = {name: np.concatenate([one[name] for one in values]) for name in key}
            groupings[key] = Grouping(key)
            group = groupings[key].fit(CodedTable.of_codes(book, all_values))
            ends = np.cumsum([part.groupings[key].n_groups for part in parts])
            places = np.split(group, ends[:-1])
            sums[key] = {
                name: CellSums.add(
                    groupings[key].n_groups, places, [part.sums[key][name] for part in parts]
                )
                for name in first.sums[key]
            }
        overall = {name: sum(part.overall[name] for part in parts) for name in first.overall}
        numbers = {
            name: reduce(ExtraNumber.merge, (part.numbers[name] for part in parts))
            for name in first.numbers
        }
        return cls(book, groupings, sums, overall, first.extra, numbers)

    def only(self, key: Key) -> KitStatistics:
        """Return what is known of one key, with the codebook of its columns."""
        groupings, sums = {key: self.groupings[key]}, {key: self.sums[key]}
        return replace(self, book=self.book.only(key), groupings=groupings, sums=sums)

    @classmethod
    def join(cls, keys: Sequence[KitStatistics]) -> KitStatistics:
        """Return the statistics of the same declarations for several keys (see `only`)."""
        book = Codebook()
        groupings: dict[Key, Grouping] = {}
        sums: dict[Key, dict[str, CellSums]] = {}
        for one in keys:
            book.add_columns(one.book)
            groupings |= one.groupings
            sums |= one.sums
        return replace(keys[0], book=book, groupings=groupings, sums=sums)

    def lookups(self, n_rows: int, left_out: LeftOut | None) -> dict[Key, Lookup]:
        """Return what finds the `history` of rows, by key; parameters as of `Lookup`."""
        return {
            key: Lookup(partial(self.history, key), grouping.n_groups, n_rows, left_out)
            for key, grouping in self.groupings.items()
        }

    def history(
        self, key: Key, group: Group | Codes, left_out: LeftOut | None
    ) -> dict[str, npt.NDArray[Any]]:
        """Return what is known of the rows' groups from the cells that they do not leave out.

        Parameters
        ----------
        key : tuple of str
            A key of the statistics.
        group : ndarray of integers, shape (n_rows,)
            Group of each row; -1 for none.
        left_out : LeftOut or None
            What training rows leave out.

        Returns
        -------
        dict of str to ndarray, shape (n_rows,) each
            Sums by measure, int64. Risk and evidence (see `profile_of`), float64, take the place of
            labelled declarations and frauds.
        """
        known: dict[str, npt.NDArray[Any]] = {
            name: sums.others(group, left_out) for name, sums in self.sums[key].items()
        }
        if LABELLED in known:
            n, f = known.pop(LABELLED), known.pop(FRAUDS)
            known[RISK], known[EVIDENCE] = profile_of(n, f, self.base_rate(), SMOOTHING)
        return known

    def rank(self, name: str) -> Floats:
        """Return the rank of each code of a column by (-count, value), shape (n_values + 1,).

        The last entry is for values unseen in training.
        """
        count = self.sums[name,][DECLARATIONS].total[:-1].astype(np.int64)
        rank = np.empty(len(count) + 1)
        rank[np.argsort(-count, kind="stable")] = np.arange(len(count))
        rank[-1] = len(count)
        return rank

    def base_rate(self) -> float:
        """Return the share of frauds among labelled declarations; a half if there are none."""
        labelled = self.overall[LABELLED]
        return self.overall[FRAUDS] / labelled if labelled else 0.5

    def mean(self, name: str) -> float:
        """Return the mean of a number over all declarations."""
        return self.overall[name] * UNIT / self.overall[DECLARATIONS]
