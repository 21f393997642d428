"""Similar submissions of different teams among many, in blocks of bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from customs_leaderboard.similarity.sketches import SketchBook

_BLOCK: Final = 512


@dataclass(frozen=True)
class Thresholds:
    """What is more alike than independent runs.

    Attributes
    ----------
    correlation : float
        Spearman's rank correlation.
    overlap : float
        Share of the top rows that both have.
    """

    correlation: float
    overlap: float


@dataclass(frozen=True)
class Candidate:
    """The most similar submissions of two teams, by their sketches."""

    numbers: tuple[int, int]
    correlation: float
    overlap: float
    n_pairs: int


def similar_pairs(
    book: SketchBook,
    numbers: Sequence[int],
    teams: Sequence[int],
    thresholds: Thresholds,
    on_block: Callable[[int, int], None] = lambda done, total: None,
) -> list[Candidate]:
    """Compare all submissions of different teams.

    Parameters
    ----------
    book : SketchBook
        Has the sketches.
    numbers, teams : sequence of int
        Number and team of each submission.
    thresholds : Thresholds
        A pair at or above one of them is similar.
    on_block : callable
        Called with the blocks done and their number.

    Returns
    -------
    list of Candidate
        One for each pair of teams with similar submissions, the most similar first.
    """
    team_of = np.asarray(teams)
    starts = range(0, len(numbers), _BLOCK)
    total, done = len(starts) * (len(starts) + 1) // 2, 0
    best: dict[tuple[int, int], Candidate] = {}
    for i, start in enumerate(starts):
        rows = slice(start, start + _BLOCK)
        ranks, tops = book.ranks(numbers[rows]), book.tops(numbers[rows])
        for other in starts[i:]:
            columns = slice(other, other + _BLOCK)
            is_same = other == start
            correlations = ranks @ (ranks if is_same else book.ranks(numbers[columns])).T
            overlaps = tops @ (tops if is_same else book.tops(numbers[columns])).T
            overlaps /= np.float32(book.n_top)
            similar = (correlations >= thresholds.correlation) | (overlaps >= thresholds.overlap)
            similar &= team_of[rows, None] != team_of[None, columns]
            if is_same:
                similar = np.triu(similar)
            _collect(best, numbers, team_of, start, other, similar, correlations, overlaps)
            done += 1
            on_block(done, total)
    return sorted(best.values(), key=_similarity, reverse=True)


def _collect(
    best: dict[tuple[int, int], Candidate],
    numbers: Sequence[int],
    team_of: npt.NDArray[np.int64],
    start: int,
    other: int,
    similar: npt.NDArray[np.bool_],
    correlations: npt.NDArray[np.float32],
    overlaps: npt.NDArray[np.float32],
) -> None:
    """Keep the most similar pair of each pair of teams."""
    left, right = np.nonzero(similar)
    if not len(left):
        return
    pairs = np.sort(np.stack([team_of[start + left], team_of[other + right]], axis=1), axis=1)
    values = correlations[left, right], overlaps[left, right]
    order = np.lexsort((-values[0], -values[1], pairs[:, 1], pairs[:, 0]))
    keys, first, counts = np.unique(pairs[order], axis=0, return_index=True, return_counts=True)
    for key, place, n_pairs in zip(keys, order[first], counts, strict=True):
        ends = numbers[start + left[place]], numbers[other + right[place]]
        new = Candidate(
            (min(ends), max(ends)), float(values[0][place]), float(values[1][place]), int(n_pairs)
        )
        teams = (int(key[0]), int(key[1]))
        old = best.get(teams)
        chosen = new if old is None or _similarity(new) > _similarity(old) else old
        n_all = int(n_pairs) + (0 if old is None else old.n_pairs)
        best[teams] = Candidate(chosen.numbers, chosen.correlation, chosen.overlap, n_all)


def _similarity(pair: Candidate) -> tuple[float, float]:
    return pair.overlap, pair.correlation
