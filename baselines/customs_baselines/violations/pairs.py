"""Pairs of declarations of one group, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from customs_data.parallel import spans

Integers = npt.NDArray[np.int64]

_ROWS_AT_A_TIME: Final = 32_768


@dataclass(frozen=True)
class Pairs:
    """Each row of a block with others of its group.

    Attributes
    ----------
    block : int64 array, shape (n_rows,)
        Rows of the block.
    place : int64 array, shape (n_pairs,)
        Place of each pair's row in `block`.
    row, other : int64 array, shape (n_pairs,)
        Both rows of each pair; never the same.
    """

    block: Integers
    place: Integers
    row: Integers
    other: Integers

    def sums(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
        """Return the sum of a value over the pairs of each row of the block, (n_rows,)."""
        sums = np.bincount(self.place, weights=values, minlength=len(self.block))
        return sums.astype(np.float64)


def pairs_in_groups(group: Integers, time: Integers, most: int) -> Iterator[Pairs]:
    """Yield pairs of rows of one group, those next in time: all of them in a small group.

    Parameters
    ----------
    group, time : int64 array, shape (n,)
    most : int
        Others per row.

    Examples
    --------
    >>> rows = np.arange(4)
    >>> (pairs,) = pairs_in_groups(np.array([0, 1, 0, 0]), rows, most=2)
    >>> list(zip(pairs.row.tolist(), pairs.other.tolist()))
    [(0, 2), (0, 3), (2, 0), (2, 3), (3, 0), (3, 2)]
    """
    order = np.lexsort((time, group))
    ordered = group[order]
    for low, high in spans(len(order), size=_ROWS_AT_A_TIME):
        at = np.arange(low, high)
        first = np.searchsorted(ordered, ordered[at], side="left")
        stop = np.searchsorted(ordered, ordered[at], side="right")
        begin = np.maximum(np.minimum(at - most // 2, stop - most - 1), first)
        count = np.minimum(begin + most + 1, stop) - begin
        own = np.repeat(at, count)
        other = np.repeat(begin - (np.cumsum(count) - count), count) + np.arange(count.sum())
        kept = own != other
        own, other = own[kept], other[kept]
        yield Pairs(order[at], own - low, order[own], order[other])
