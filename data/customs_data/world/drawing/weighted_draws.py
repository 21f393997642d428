"""Weighted tables and draws from them by inverse cumulative distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from customs_data.parallel import spans

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Integers = NDArray[np.signedinteger[Any]]

# The edges of a table of up to this many items fit into the processor's cache.
_CACHED_ITEMS = 20_000


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
        order = np.argsort(group, kind="stable").astype(np.int64)
        return cls.from_sorted(order, group[order], weight[order], n_groups)

    @classmethod
    def from_sorted(
        cls, items: Integers, sorted_group: Integers, weight: FloatArray, n_groups: int
    ) -> GroupedTable:
        """Return the table of items that are sorted by group already."""
        starts = np.searchsorted(sorted_group, np.arange(n_groups + 1)).astype(np.int64)
        running = np.cumsum(weight)
        before = np.where(
            starts > 0, running[np.maximum(starts, 1) - 1] if len(running) else 0.0, 0.0
        )
        total = before[1:] - before[:-1]
        total = np.where(total > 0.0, total, 1.0)
        edges = running  # in place: the table of a nation's importers is made once a week
        for start, stop in spans(len(edges)):
            edge, group = edges[start:stop], sorted_group[start:stop]
            edge -= before[group]
            edge /= total[group]
            np.minimum(edge, 1.0, out=edge)
            edge += group
        # The last edge of a group must be exact: a uniform number just below 1 stays inside.
        last = starts[1:][starts[1:] > starts[:-1]] - 1
        edges[last] = sorted_group[last] + 1.0
        return cls(items, edges, starts)

    def has(self, group: IntArray) -> NDArray[np.bool_]:
        """Return whether each of the groups contains an item."""
        return np.asarray(self.starts[group + 1] > self.starts[group])

    def draw(self, group: IntArray, u: FloatArray) -> IntArray:
        """Draw an item for each pair of group and uniform number; -1 where the group is empty."""
        if len(self.items) <= _CACHED_ITEMS:
            return self._find(group, u)
        # In a long table each search leaves the processor's cache unless the keys are in order.
        order = np.argsort(group + u)
        drawn = np.empty(len(group), dtype=np.int64)
        drawn[order] = self._find(group[order], u[order])
        return drawn

    def _find(self, group: IntArray, u: FloatArray) -> IntArray:
        place = np.searchsorted(self.edges, group + u, side="right")
        place = np.minimum(place, self.starts[group + 1] - 1)
        item = self.items[np.maximum(place, 0)] if len(self.items) else np.zeros_like(group)
        return np.asarray(np.where(self.has(group), item, -1), dtype=np.int64)


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
