"""Sums over groups of declarations that merge: all are integers, by group and by cell.

A training row is described by the sums of its group over all cells but those that it leaves out
(see `folds`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from customs_baselines.features.folds import Cells, LeftOut
from customs_data.columns.grouping import Codes, Group

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

#: Unit of numbers that are summed as integers: 2^-24. A sum of a billion numbers up to 20 fits.
UNIT: Final = 2.0**-24
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
        In the smallest type that holds them. The last row is 0: group -1 has no sums.
    total : ndarray of integers, shape (n_groups + 1,)
        Over all cells.
    """

    by_cell: npt.NDArray[Any]
    total: npt.NDArray[Any]

    @classmethod
    def of(cls, by_cell: npt.NDArray[Any]) -> Self:
        """Return the sums of an array of shape (n_groups + 1, n_cells)."""
        return cls(_smallest(by_cell), _smallest(by_cell.sum(axis=1, dtype=np.int64)))

    @classmethod
    def count(
        cls,
        group: Group | Codes,
        n_groups: int,
        cell: Cells,
        n_cells: int,
        rows: npt.NDArray[np.bool_] | None = None,
        units: Integers | None = None,
    ) -> Self:
        """Count rows, or sum their units, by group and cell.

        Parameters
        ----------
        group : ndarray of integers, shape (n_rows,)
            -1 for none.
        n_groups, n_cells : int
            Numbers of groups and cells.
        cell : ndarray of int8, shape (n_rows,)
            Cell of each row.
        rows : ndarray of bool, shape (n_rows,), optional
            Rows that count; all by default.
        units : ndarray of int64, shape (n_rows,), optional
            What is summed; 1 by default.
        """
        known = group >= 0 if rows is None else (group >= 0) & rows
        if not known.all():  # copying all rows would take as long as counting them
            group, cell = group[known], cell[known]
            units = None if units is None else units[known]
        place = group.astype(np.int64) * n_cells + cell
        size = (n_groups + 1) * n_cells
        if units is None:
            return cls.of(np.bincount(place, minlength=size).reshape(-1, n_cells))
        sums = np.zeros(size, dtype=np.int64)
        np.add.at(sums, place, units)
        return cls.of(sums.reshape(-1, n_cells))

    @classmethod
    def add(cls, n_groups: int, places: Sequence[Group], parts: Sequence[CellSums]) -> Self:
        """Return the sums of several parts; `places` has the new group of each one's groups."""
        by_cell = np.zeros((n_groups + 1, parts[0].by_cell.shape[1]), dtype=np.int64)
        for place, part in zip(places, parts, strict=True):
            by_cell[place] += part.by_cell[:-1]
        return cls.of(by_cell)

    def others(self, group: Group, left_out: LeftOut | None) -> Integers:
        """Return the sums of each row's group, without those of the cells that it leaves out."""
        sums = self.total[group].astype(np.int64)
        if left_out is not None:
            own = group * self.by_cell.shape[1] + left_out.first
            n_out = left_out.stop - left_out.first
            sums -= self.by_cell.take(own)  # at least one cell; a group of -1 takes the last row
            for place in range(1, int(n_out.max(initial=0))):
                is_out = place < n_out
                sums -= np.where(is_out, self.by_cell.take(own + np.where(is_out, place, 0)), 0)
        return sums


def _smallest(sums: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return sums in the smallest type that holds them all."""
    low, high = int(sums.min(initial=0)), int(sums.max(initial=0))
    if low >= 0:
        for small in _SMALL_TYPES:
            if high <= np.iinfo(small).max:
                return sums.astype(small)
    return sums.astype(np.int64)
