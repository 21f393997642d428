"""Sums over groups of declarations that merge: all are integers, by group and by cell.

A training row is described by the sums of its group over all cells but those that it leaves out
(see `folds`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from customs_baselines.features.folds import Cells, LeftOut
from customs_data.columns.grouping import Codes, Group

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

#: Unit of numbers that are summed as integers: 2^-24. A sum of a billion numbers up to 20 fits.
UNIT: Final = 2.0**-24
# Rows for each pair of a group and a part from which on a table of the pairs is made: it has to be
# small beside the rows.
_ROWS_PER_PAIR: Final = 8
_SMALL_TYPES: Final = (np.uint8, np.uint16, np.uint32)


def to_units(values: Floats) -> Integers:
    """Return numbers in whole units, shape as given: their sums are exact in any order.

    Examples
    --------
    >>> to_units(np.array([1.0, -0.25])).tolist()
    [16777216, -4194304]
    """
    return np.rint(values / UNIT).astype(np.int64)


@dataclass(frozen=True)
class CellSums:
    """Sums of one measure by group and cell.

    Attributes
    ----------
    by_cell : ndarray of integers, shape (n_groups + 1, n_cells)
        In the smallest type that holds them. The last row is 0: group -1 has no sums. It is stored
        cell by cell, since declarations in order of time read one cell after the other.
    total : ndarray of integers, shape (n_groups + 1,)
        Over all cells.
    """

    by_cell: npt.NDArray[Any]
    total: npt.NDArray[Any]

    @classmethod
    def of(cls, by_cell: npt.NDArray[Any]) -> Self:
        """Return the sums of an array of shape (n_groups + 1, n_cells)."""
        total = by_cell.sum(axis=1, dtype=np.int64)
        return cls(np.asfortranarray(_smallest(by_cell)), _smallest(total))

    @classmethod
    def add(cls, n_groups: int, places: Sequence[Group], parts: Sequence[CellSums]) -> Self:
        """Return the sums of several parts; `places` has the new group of each one's groups."""
        by_cell = np.zeros((n_groups + 1, parts[0].by_cell.shape[1]), dtype=np.int64, order="F")
        for place, part in zip(places, parts, strict=True):
            for column, own in zip(by_cell.T, part.by_cell.T, strict=True):
                column[place] += own[:-1]
        return cls.of(by_cell)

    def others(self, group: Group | Codes, left_out: LeftOut | None) -> Integers:
        """Return the sums of each row's group, without those of the cells that it leaves out."""
        sums = self.total.take(group).astype(np.int64)
        if left_out is not None:
            by_place = self.by_cell.T.reshape(-1)  # cell by cell, as it is stored
            n_all = len(self.total)
            starts = np.arange(left_out.n_parts) * (left_out.width * n_all)
            own = starts.take(left_out.part)
            own += group  # of group -1 it is the last place of a cell, whose sum is 0
            sums -= by_place.take(own)
            for further in range(1, left_out.width):
                is_out = left_out.part * left_out.width + further < left_out.n_cells
                sums[is_out] -= by_place.take(own[is_out] + further * n_all)
        return sums


class RowsByCell:
    """Rows in the order of their cells, so that sums are made cell by cell.

    Then the sums of one cell are all that is in the processor's cache. The rows of declarations in
    order of time are in this order already.

    Parameters
    ----------
    cell : ndarray of int8, shape (n_rows,)
        Cell of each row.
    n_cells : int
        Number of cells.
    """

    def __init__(self, cell: Cells, n_cells: int) -> None:
        is_sorted = bool((cell[1:] >= cell[:-1]).all())
        self._order = None if is_sorted else np.argsort(cell, kind="stable")
        stops = np.bincount(cell, minlength=n_cells).cumsum().tolist()
        self.spans = list(zip([0, *stops[:-1]], stops, strict=True))

    def sort(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return values of rows in the order of the cells, shape (n_rows,)."""
        return values if self._order is None else values.take(self._order)

    def find(self, rows: npt.NDArray[np.bool_]) -> list[Integers] | None:
        """Return the places in this order of some rows, by cell; None for all rows."""
        if rows.all():
            return None
        rows = self.sort(rows)
        return [start + np.flatnonzero(rows[start:stop]) for start, stop in self.spans]


class GroupRows:
    """Counts and sums the rows of groups by cell.

    Parameters
    ----------
    cells : RowsByCell
        The rows' cells.
    group : ndarray of integers, shape (n_rows,)
        Group of each row; -1 for none.
    n_groups : int
        Number of groups.
    """

    def __init__(self, cells: RowsByCell, group: Group | Codes, n_groups: int) -> None:
        self._spans = cells.spans
        self._group = cells.sort(group)
        self._n_groups = n_groups

    @cached_property
    def _all(self) -> CellSums:
        return self._gather(self._n_in(self._group[start:stop]) for start, stop in self._spans)

    def count(self, rows: list[Integers] | None = None) -> CellSums:
        """Count some rows, as `RowsByCell.find` returns them, or all."""
        if rows is None:
            return self._all
        return self._gather(self._n_in(self._group.take(some)) for some in rows)

    def sum(self, units: Integers) -> CellSums:
        """Sum whole units of all rows, shape (n_rows,), in the order of the cells."""
        return self._gather(self._sum_of(units, *span) for span in self._spans)

    def _n_in(self, group: Group | Codes) -> Integers:
        """Return the rows of group -1 and of each group, shape (1 + n_groups,)."""
        return np.bincount(np.add(group, 1, dtype=np.int64), minlength=self._n_groups + 1)

    def _sum_of(self, units: Integers, start: int, stop: int) -> Integers:
        sums = np.zeros(1 + self._n_groups, dtype=np.int64)
        place = np.add(self._group[start:stop], 1, dtype=np.int64)
        np.add.at(sums, place, units[start:stop])
        return sums

    def _gather(self, columns: Iterable[Integers]) -> CellSums:
        """Return the sums of all cells from those of each, shape (1 + n_groups,)."""
        small, total = [], np.zeros(self._n_groups + 1, dtype=np.int64)
        for column in columns:
            total[:-1] += column[1:]
            small.append(_smallest(column[1:]))
        by_cell = np.zeros((len(small), len(total)), dtype=np.result_type(*small))
        for cell, column in enumerate(small):
            by_cell[cell, :-1] = column
        return CellSums(by_cell.T, _smallest(total))


class Lookup:
    """A function of the rows' groups and of what they leave out, by table if that is cheaper.

    If there are few pairs of a group and a part of the cells beside the rows, the function is
    computed once for each pair, and rows look it up. The results are the same, bit for bit.

    Parameters
    ----------
    function : callable
        Takes what `CellSums.others` takes, and returns columns of shape (n_rows,), by name. The
        entry of a row depends on this row's group and part only.
    n_groups : int
        Number of groups.
    n_rows : int
        Rows that will be read.
    left_out : LeftOut or None
        What any of these rows leave out.
    """

    def __init__(
        self,
        function: Callable[[Group | Codes, LeftOut | None], dict[str, npt.NDArray[Any]]],
        n_groups: int,
        n_rows: int,
        left_out: LeftOut | None,
    ) -> None:
        self._function = function
        self._n_groups = n_groups
        self._table: dict[str, npt.NDArray[Any]] | None = None
        n_parts = 1 if left_out is None else left_out.n_parts
        if n_parts * (n_groups + 1) * _ROWS_PER_PAIR <= n_rows:
            if left_out is None:
                self._table = function(np.append(np.arange(n_groups), -1), None)
            else:
                self._table = function(*left_out.every(n_groups))

    def read(self, group: Group | Codes, left_out: LeftOut | None) -> dict[str, npt.NDArray[Any]]:
        """Return the columns of some rows."""
        if self._table is None:
            return self._function(group, left_out)
        place = group if left_out is None else left_out.pairs(group, self._n_groups)
        return {name: column.take(place) for name, column in self._table.items()}


def _smallest(sums: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return sums in the smallest type that holds them all."""
    low, high = int(sums.min(initial=0)), int(sums.max(initial=0))
    if low >= 0:
        for small in _SMALL_TYPES:
            if high <= np.iinfo(small).max:
                return sums.astype(small)
    return sums.astype(np.int64)
