"""Groups by average linkage over pairs, beside groups that are known already.

Components of likely pairs chain: one wrong link joins two networks. Average linkage joins two
groups while the mean probability over all their pairs is above a limit.
"""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]


def join_groups(
    n: int,
    a: Codes,
    b: Codes,
    probability: npt.NDArray[np.float64],
    limit: float,
    known: Codes | None = None,
) -> Codes:
    """Join groups while the mean probability between two of them is at least `limit`.

    Parameters
    ----------
    n : int
        Importers.
    a, b : ndarray of int64, shape (n_pairs,)
        Pairs of importers, each pair once.
    probability : ndarray of float64, shape (n_pairs,)
        That both are one organisation; 0 for pairs that are not listed.
    limit : float
        In (0, 1].
    known : ndarray of int64, shape (n,), optional
        Known group of each importer, or -1. Groups with different known members never join.

    Returns
    -------
    ndarray of int64, shape (n,)
        Number of each importer's group.

    Examples
    --------
    The pairs (0, 1) and (1, 2) are likely, but (0, 2) is not: three of them would have a mean of
    (.0 + .6) / 2 between the first two and the last.

    >>> a, b, p = np.array([0, 1]), np.array([1, 2]), np.array([0.9, 0.6])
    >>> join_groups(4, a, b, p, 0.5).tolist()
    [0, 0, 1, 2]
    >>> join_groups(4, a, b, p, 0.5, np.array([0, 1, -1, 0])).tolist()
    [0, 1, 1, 0]
    """
    start = np.arange(n)
    if known is not None:
        rows = np.flatnonzero(known >= 0)
        first = np.unique(known[rows], return_index=True)[1]
        number = np.unique(known[rows], return_inverse=True)[1]
        start[rows] = rows[first][number]
    groups = _Groups(start, known)
    groups.add_pairs(start[a], start[b], probability)
    groups.join(limit)
    return groups.numbers()


class _Groups:
    """Groups, each named by one of its members, and the sums of probabilities between them."""

    def __init__(self, start: Codes, known: Codes | None) -> None:
        n = len(start)
        self._start = start
        self._size = np.bincount(start, minlength=n).tolist()
        self._is_known = [False] * n
        for group in np.unique(start[known >= 0]) if known is not None else []:
            self._is_known[group] = True
        self._goes_to = list(range(n))
        self._sums: list[dict[int, float]] = [{} for _ in range(n)]

    def add_pairs(self, a: Codes, b: Codes, probability: npt.NDArray[np.float64]) -> None:
        n = len(self._start)
        is_known = np.array(self._is_known)
        chosen = (a != b) & ~(is_known[a] & is_known[b])
        low, high = np.minimum(a, b)[chosen], np.maximum(a, b)[chosen]
        pair, place = np.unique(low * n + high, return_inverse=True)
        total = np.bincount(place, probability[chosen], len(pair))
        for x, y, p in zip((pair // n).tolist(), (pair % n).tolist(), total.tolist(), strict=True):
            self._sums[x][y] = self._sums[y][x] = p

    def _are_different(self, x: int, y: int) -> bool:
        return self._is_known[x] and self._is_known[y]

    def _mean(self, x: int, y: int) -> float:
        return float(self._sums[x][y] / (self._size[x] * self._size[y]))

    def join(self, limit: float) -> None:
        heap = [
            (-mean, x, y)
            for x, sums in enumerate(self._sums)
            for y in sums
            if x < y and (mean := self._mean(x, y)) >= limit
        ]
        heapq.heapify(heap)
        while heap:
            mean, x, y = heapq.heappop(heap)
            if y not in self._sums[x] or self._are_different(x, y):
                continue  # one of them is in another group by now
            # When a group grows, its means to others fall, and their entries are too high.
            if -mean > self._mean(x, y):
                if self._mean(x, y) >= limit:
                    heapq.heappush(heap, (-self._mean(x, y), x, y))
                continue
            for z in self._unite(x, y):
                if self._mean(*z) >= limit:
                    heapq.heappush(heap, (-self._mean(*z), *z))

    def _unite(self, x: int, y: int) -> list[tuple[int, int]]:
        """Put one of two groups into the other; return the pairs whose mean may have risen."""
        if len(self._sums[x]) < len(self._sums[y]):
            x, y = y, x
        into, gone = self._sums[x], self._sums[y]
        del into[y]
        self._goes_to[y] = x
        del gone[x]
        for z, total in gone.items():
            del self._sums[z][y]
            into[z] = self._sums[z][x] = into.get(z, 0.0) + total
        self._sums[y] = {}
        self._size[x] += self._size[y]
        self._is_known[x] |= self._is_known[y]
        return [(min(x, z), max(x, z)) for z in gone]

    def numbers(self) -> Codes:
        """Return the group of each importer."""
        roots = np.array(self._goes_to, dtype=np.int64)
        while (roots[roots] != roots).any():
            roots = roots[roots]
        return np.unique(roots[self._start], return_inverse=True)[1].astype(np.int64)
