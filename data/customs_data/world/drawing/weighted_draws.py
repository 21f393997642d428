"""Weighted tables and draws from them by inverse cumulative distribution."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Integers = NDArray[np.signedinteger[Any]]

# A guide to the edges of a table of up to this many items fits into the processor's cache.
_GUIDED_ITEMS = 20_000
_MOST_BUCKETS = 65_536
_BUCKETS_PER_ITEM = 32


@dataclass(frozen=True)
class _Guide:
    """Places of numbers in a sorted list, mostly looked up instead of searched.

    Chen and Asau (1974). On generating random variates from an empirical distribution. AIIE
    Transactions 6(2).

    Attributes
    ----------
    edges : float64 array, shape (n_edges,)
        Sorted, from 0 up to a whole number.
    per_unit : float
        Buckets per unit, a power of two.
    place : int32 array, shape (n_buckets,)
        Number of edges up to every number of a bucket; -1 if there are edges inside it.
    """

    edges: FloatArray
    per_unit: float
    place: NDArray[np.int32]

    @classmethod
    def make(cls, edges: FloatArray, n_units: int) -> _Guide:
        """Cut the numbers from 0 up to `n_units` into buckets."""
        wanted = min(_BUCKETS_PER_ITEM * len(edges), _MOST_BUCKETS) / n_units
        per_unit = 2.0 ** np.ceil(np.log2(wanted)) if wanted > 1.0 else 1.0
        # One bucket more for the numbers that are rounded up to `n_units`.
        inside = np.bincount(
            (edges * per_unit).astype(np.int64), minlength=int(n_units * per_unit) + 1
        )
        place = np.where(inside == 0, np.cumsum(inside), -1)
        return cls(edges, per_unit, place.astype(np.int32))

    def find(self, number: FloatArray) -> NDArray[np.int32]:
        """Return how many edges each number reaches, as `np.searchsorted` on the right side."""
        place = self.place.take((number * self.per_unit).astype(np.int64))
        rest = np.flatnonzero(place < 0)
        place[rest] = np.searchsorted(self.edges, number[rest], side="right")
        return place


@dataclass(frozen=True)
class GroupedTable:
    """Items in groups, each with a weight; one uniform number draws an item of a given group.

    Attributes
    ----------
    items : integer array, shape (n_items,)
        Item indices, group after group.
    edges : float64 array, shape (n_items,)
        Group number plus the share of the group's weight up to and including the item.
    starts : int64 array, shape (n_groups + 1,)
        First index of each group in `items`.
    """

    items: Integers
    edges: FloatArray
    starts: IntArray

    @classmethod
    def from_weights(cls, group: IntArray, weight: FloatArray, n_groups: int) -> GroupedTable:
        """Sort the items ``0 .. n - 1`` by group.

        Parameters
        ----------
        group : int64 array, shape (n_items,)
            Group of each item.
        weight : float64 array, shape (n_items,)
            Positive weights, in any unit.
        n_groups : int
            Number of groups; some may be empty (see `has`).
        """
        items = np.argsort(group, kind="stable").astype(np.int64)
        group = group[items]
        starts = np.searchsorted(group, np.arange(n_groups + 1)).astype(np.int64)
        running = np.cumsum(weight[items])
        before = np.where(
            starts > 0, running[np.maximum(starts, 1) - 1] if len(running) else 0.0, 0.0
        )
        total = before[1:] - before[:-1]
        total = np.where(total > 0.0, total, 1.0)
        edges = np.minimum((running - before[group]) / total[group], 1.0) + group
        # The last edge of a group must be exact: a uniform number just below 1 stays inside.
        last = starts[1:][starts[1:] > starts[:-1]] - 1
        edges[last] = group[last] + 1.0
        return cls(items, edges, starts)

    @cached_property
    def _guide(self) -> _Guide:
        return _Guide.make(self.edges, len(self.starts) - 1)

    @cached_property
    def _has_all(self) -> bool:
        return bool((self.starts[1:] > self.starts[:-1]).all())

    def has(self, group: IntArray) -> NDArray[np.bool_]:
        """Return whether each of the groups contains an item."""
        return np.asarray(self.starts[group + 1] > self.starts[group])

    def draw(self, group: IntArray, u: FloatArray) -> IntArray:
        """Draw an item for each pair of group and uniform number; -1 where the group is empty."""
        if len(self.items) == 0:
            return np.full(len(group), -1, dtype=np.int64)
        number = group + u
        # A table that is drawn from once, with few numbers, is not worth a guide.
        if len(self.items) <= _GUIDED_ITEMS and (
            "_guide" in vars(self) or len(u) > len(self.items)
        ):
            place: Integers = self._guide.find(number)
        else:
            place = find_in_order(self.edges, number)
        # A number that is rounded up to the next group is still of its own.
        place = np.minimum(place, self.starts[1:].take(group) - 1)
        item = self.items.take(np.maximum(place, 0))
        if not self._has_all:
            item = np.where(self.has(group), item, -1)
        return item.astype(np.int64)


def find_in_order(edges: FloatArray, number: FloatArray) -> IntArray:
    """Return how many edges each number reaches.

    In a long list each search leaves the processor's cache unless the numbers are in order.
    """
    order = np.argsort(number)
    place = np.empty(len(number), dtype=np.int64)
    place[order] = np.searchsorted(edges, number[order], side="right")
    return place


def draw_weighted(weight: FloatArray, u: FloatArray) -> IntArray:
    """Draw an item of one weighted list for each uniform number, int64, shape of `u`."""
    running = np.cumsum(weight)
    place = np.searchsorted(running, u * running[-1], side="right")
    return np.asarray(np.minimum(place, len(weight) - 1), dtype=np.int64)


def largest_remainder(weight: FloatArray, total: int) -> IntArray:
    """Return whole numbers that are proportional to `weight` and sum to `total`.

    Examples
    --------
    >>> import numpy as np
    >>> largest_remainder(np.array([1.0, 1.0, 2.0]), 5).tolist()
    [1, 1, 3]
    """
    running = np.cumsum(weight)
    exact = weight * (float(total) / running[-1])
    count = np.floor(exact).astype(np.int64)
    missing = int(total - np.cumsum(count)[-1])
    order = np.argsort(-(exact - count), kind="stable")
    count[order[:missing]] += 1
    return np.asarray(count, dtype=np.int64)
