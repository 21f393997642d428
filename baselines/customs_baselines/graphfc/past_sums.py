"""Sums over an entity's declarations: all of them, or those up to a declaration's day."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class PastSums:
    """Sums by entity as of each declaration's day.

    Parameters
    ----------
    group : ndarray of int64, shape (n_declarations,)
        Entity of each declaration, -1 for none.
    day : ndarray of int64, shape (n_declarations,)
        Day of filing, in whole days.
    past_only : bool
        True: a declaration's sums cover the entity's declarations filed no later than its own day.
        False: all of them.

    Examples
    --------
    >>> ones = np.ones((3, 1))
    >>> group, day = np.array([0, 0, 0]), np.array([5, 1, 5])
    >>> PastSums(group, day, past_only=True).sums(ones)[:, 0].tolist()
    [3.0, 1.0, 3.0]
    >>> PastSums(group, day, past_only=False).sums(ones)[:, 0].tolist()
    [3.0, 3.0, 3.0]
    """

    def __init__(self, group: Integers, day: Integers, *, past_only: bool) -> None:
        # Sorted by entity and day, the declarations to sum are a range: _start .. _stop - 1.
        self.order = np.lexsort((day, group))
        sorted_group, sorted_day = group[self.order], day[self.order]
        new_group = np.diff(sorted_group) != 0
        ends = np.append(np.flatnonzero(new_group) + 1, len(group))
        place = np.arange(len(group))
        entity = np.searchsorted(ends, place, side="right")
        self._start = np.append(0, ends)[entity]
        self._stop = ends[entity]
        if past_only:
            new_day = new_group | (np.diff(sorted_day) != 0)
            ends = np.append(np.flatnonzero(new_day) + 1, len(group))
            self._stop = ends[np.searchsorted(ends, place, side="right")]
        self._unlinked = group < 0

    def sums(self, values: Floats) -> Floats:
        """Sums of each column, shape (n_declarations, n_columns); 0 without an entity."""
        total = np.zeros((len(values) + 1, values.shape[1]))
        np.cumsum(values[self.order], axis=0, out=total[1:])
        sums = np.empty_like(total[1:])
        sums[self.order] = total[self._stop] - total[self._start]
        sums[self._unlinked] = 0.0
        return sums

    def first(self, values: Integers) -> Integers:
        """The value of the entity's earliest declaration, shape (n_declarations,)."""
        return self._value_at(self._start, values)

    def last(self, values: Integers) -> Integers:
        """The value of the latest declaration in the sums, shape (n_declarations,)."""
        return self._value_at(self._stop - 1, values)

    def _value_at(self, place: Integers, values: Integers) -> Integers:
        picked = np.empty_like(values)
        picked[self.order] = values[self.order][place]
        return picked


def is_first_meeting(group: Integers, other: Integers, day: Integers) -> Floats:
    """1 for the earliest declaration of each pair of entities, else 0, shape (n_declarations,)."""
    order = np.lexsort((day, other, group))
    new = np.r_[True, (np.diff(group[order]) != 0) | (np.diff(other[order]) != 0)][: len(order)]
    first = np.zeros(len(group))
    first[order] = new
    first[(group < 0) | (other < 0)] = 0.0
    return first
