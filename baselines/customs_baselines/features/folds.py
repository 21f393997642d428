"""Cells: the parts into which training rows are dealt, and of which each row leaves out its own.

A row's own label must not enter its features. Nor should its own history: a test row of a new
importer has none, so a training row must not have the one of its own month. Therefore training rows
are described by other *stretches* of time. Where there are no stretches, as in declarations of one
day, *folds* take their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.columns.grouping import Codes, Group
from customs_data.schema import KEY

Cells = npt.NDArray[np.int8]

#: Cells of the training rows.
N_CELLS: Final = 6
#: Shares of the training period that a row leaves out around it, by description of the row: one
#: of each row, or two, so that some rows know their traders well and some hardly.
ONE_VIEW: Final = (1 / 6,)
TWO_VIEWS: Final = (1 / 12, 1 / 3)
# Largest share of the rows that a stretch may hold.
_LARGEST: Final = 0.5


class Division(Protocol):
    """A way of dealing rows into cells that depends on each row alone."""

    @property
    def n_cells(self) -> int:
        """Number of cells."""

    def find(self, X: pd.DataFrame) -> Cells:
        """Return the cell of each row, shape (n_rows,): 0 .. n_cells - 1."""


@dataclass(frozen=True)
class Folds:
    """Folds by a hash of the Declaration ID.

    A declaration has the same fold in any table and in any order of the rows.

    Attributes
    ----------
    n_cells : int
        Number of folds.
    random_state : int
        Key of the hash.
    """

    n_cells: int
    random_state: int = 0

    def find(self, X: pd.DataFrame) -> Cells:
        """Return the fold of each row, shape (n_rows,).

        Examples
        --------
        >>> ids = pd.DataFrame({"Declaration ID": ["A1", "A2", "A3", "A4"]})
        >>> Folds(2).find(ids).tolist() == Folds(2).find(ids[::-1]).tolist()[::-1]
        True
        """
        key = f"{self.random_state:016d}"[-16:]
        number = pd.util.hash_pandas_object(X[KEY], index=False, hash_key=key, categorize=False)
        return np.asarray(number.to_numpy() % np.uint64(self.n_cells), dtype=np.int8)


@dataclass(frozen=True)
class Stretches:
    """Consecutive stretches of time.

    Attributes
    ----------
    starts : tuple of int
        First day of each stretch but the first, in days since 1970.
    """

    starts: tuple[int, ...]

    @property
    def n_cells(self) -> int:
        """Number of stretches."""
        return len(self.starts) + 1

    def find(self, X: pd.DataFrame) -> Cells:
        """Return the stretch of each row, shape (n_rows,)."""
        return np.searchsorted(self.starts, days_of(X), side="right").astype(np.int8)


@dataclass(frozen=True)
class LeftOut:
    """The consecutive cells that each training row leaves out, its own among them.

    The cells are cut into parts of equal length; a row leaves out the part of its own cell.

    Attributes
    ----------
    part : ndarray of int8, shape (n_rows,)
        Part of each row, 0 .. n_parts - 1.
    width : int
        Cells of a part; the last one may be shorter.
    n_cells : int
        Number of cells.
    """

    part: Cells
    width: int
    n_cells: int

    @classmethod
    def around(cls, cell: Cells, n_cells: int, share: float = 0.0) -> LeftOut:
        """Leave out about this share of all cells, at least the row's own.

        Examples
        --------
        >>> left_out = LeftOut.around(np.array([0, 5, 11], dtype=np.int8), 12, share=1 / 3)
        >>> left_out.part.tolist(), left_out.width, left_out.n_parts
        ([0, 1, 2], 4, 3)
        """
        width = max(1, round(n_cells * share))
        return cls(cell // np.int8(width), width, n_cells)

    @property
    def n_parts(self) -> int:
        """Number of parts."""
        return -(-self.n_cells // self.width)

    def take(self, rows: slice) -> LeftOut:
        """Return what some rows leave out."""
        return LeftOut(self.part[rows], self.width, self.n_cells)

    def every(self, n_groups: int) -> tuple[Group, LeftOut]:
        """Return all pairs of a part and a group, as rows: part by part, group -1 the last."""
        group = np.arange(n_groups + 1)
        group[-1] = -1
        part = np.repeat(np.arange(self.n_parts, dtype=np.int8), n_groups + 1)
        return np.tile(group, self.n_parts), LeftOut(part, self.width, self.n_cells)

    def pairs(self, group: Group | Codes, n_groups: int) -> Group:
        """Return the place of each row's pair in `every`, shape (n_rows,).

        It is negative for group -1 of the first part; the entry there is that of group -1, too.
        """
        place = (np.arange(self.n_parts) * (n_groups + 1)).take(self.part)
        place += group
        return place


@dataclass(frozen=True)
class DayCounts:
    """Training rows by day; those of parts can be merged.

    Attributes
    ----------
    days : ndarray of int64, shape (n_days,)
        Days since 1970 on which there are rows, rising.
    rows, labelled : ndarray of int64, shape (n_days,)
        All rows of each day, and those with a label.
    """

    days: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    labelled: npt.NDArray[np.int64]

    @classmethod
    def of(cls, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> DayCounts:
        """Count the rows of a table, which needs the column Date; labels are 1, 0 or -1."""
        days, place = np.unique(days_of(X), return_inverse=True)
        count = np.bincount(place, minlength=len(days))
        return cls(days, count, np.bincount(place[y >= 0], minlength=len(days)))

    @classmethod
    def merge(cls, parts: Sequence[DayCounts]) -> DayCounts:
        """Return the counts of several parts together."""
        days, place = np.unique(np.concatenate([it.days for it in parts]), return_inverse=True)
        rows, labelled = np.zeros((2, len(days)), dtype=np.int64)
        np.add.at(rows, place, np.concatenate([it.rows for it in parts]))
        np.add.at(labelled, place, np.concatenate([it.labelled for it in parts]))
        return cls(days, rows, labelled)


def divide(
    X: pd.DataFrame, y: npt.NDArray[np.int8], n_cells: int, random_state: int = 0
) -> Division:
    """Return the division of training rows into stretches of about equally many labelled rows.

    A day is never cut. If more than half of the rows would be in one stretch, folds are returned.

    Parameters
    ----------
    X : DataFrame, shape (n_train, any)
        Dates and Declaration IDs.
    y : ndarray of int8, shape (n_train,)
        1, 0 or -1. Without any label all rows count.
    n_cells : int
        Number of stretches or folds.
    random_state : int
        Key of the folds.
    """
    return divide_days(DayCounts.of(X, y), n_cells, random_state)


def divide_days(counts: DayCounts, n_cells: int, random_state: int = 0) -> Division:
    """Return the division of the training rows that were counted; see `divide`."""
    n_rows = counts.labelled if counts.labelled.any() else counts.rows
    days, n_rows = counts.days[n_rows > 0], n_rows[n_rows > 0]
    stretch = (np.cumsum(n_rows) - n_rows / 2) * n_cells // n_rows.sum()
    if np.bincount(stretch.astype(np.int64), n_rows).max() > _LARGEST * n_rows.sum():
        return Folds(n_cells, random_state)
    return Stretches(tuple(days[1:][np.diff(stretch) > 0].tolist()))


def days_of(X: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the days since 1970 of declarations, shape (n_rows,)."""
    return X["Date"].to_numpy().astype("datetime64[D]").astype(np.int64)
