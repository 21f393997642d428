"""Sketches of submissions: what is compared, in about 4 kB for any size of file."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import Final

import numpy as np
import numpy.typing as npt

from customs_leaderboard.submissions.answers import average_ranks, rank_correlation

#: Rows whose ranks are in a sketch.
N_SAMPLED: Final = 512
_SEED: Final = 0


class SketchBook:
    """Sketches of submissions by number; new ones are added, and nothing is read twice.

    A sketch has the ranks of a random sample of rows, and which rows are in the top share of the
    whole file (exactly, a bit per row).

    Parameters
    ----------
    n_rows : int
        Rows of a submission.
    share : float
        Share of rows that is the top, such as 0.05.
    """

    def __init__(self, n_rows: int, share: float) -> None:
        self.n_rows = n_rows
        self.n_top = ceil(share * n_rows)
        drawn = np.random.default_rng(_SEED).permutation(n_rows)[:N_SAMPLED]
        self._sampled = np.sort(drawn)
        self._ranks: dict[int, npt.NDArray[np.float32]] = {}
        self._tops: dict[int, npt.NDArray[np.uint8]] = {}

    def __contains__(self, number: int) -> bool:
        return number in self._ranks

    def add(self, number: int, answer: npt.NDArray[np.float64]) -> None:
        """Add the sketch of an answer, shape (n_rows,)."""
        self._ranks[number] = standardized_ranks(answer[self._sampled])
        self._tops[number] = np.packbits(top_of(answer, self.n_top))

    def ranks(self, numbers: Iterable[int]) -> npt.NDArray[np.float32]:
        """Return standardized ranks of submissions, shape (n_submissions, n_sampled).

        The product of two rows is Spearman's correlation on the sample.
        """
        return np.stack([self._ranks[number] for number in numbers])

    def tops(self, numbers: Iterable[int]) -> npt.NDArray[np.float32]:
        """Return 1.0 where a row is in a submission's top, shape (n_submissions, n_rows)."""
        packed = np.stack([self._tops[number] for number in numbers])
        return np.unpackbits(packed, axis=1, count=self.n_rows).astype(np.float32)


def standardized_ranks(answer: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return ranks with mean 0 and length 1; all 0 if all values are equal.

    Examples
    --------
    >>> standardized_ranks(np.array([0.1, 0.9, 0.5])).round(3).tolist()
    [-0.7070000171661377, 0.7070000171661377, 0.0]
    """
    ranks = average_ranks(answer)
    ranks -= ranks.mean()
    length = float(np.sqrt(ranks @ ranks))
    result: npt.NDArray[np.float32] = (ranks / (length or 1.0)).astype(np.float32)
    return result


def top_of(answer: npt.NDArray[np.float64], n_top: int) -> npt.NDArray[np.bool_]:
    """Return which rows have the `n_top` highest values; ties go by the order of rows."""
    top = np.zeros(len(answer), dtype=np.bool_)
    top[np.argsort(-answer, kind="stable")[:n_top]] = True
    return top


def correlation(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Return Spearman's rank correlation over all rows; 0 if all values are equal."""
    return float(np.nan_to_num(rank_correlation(one, other)))
