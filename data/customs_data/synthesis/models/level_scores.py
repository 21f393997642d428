"""Codes as numbers: what each level says about the target of a tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Self

import numpy as np

from customs_data.synthesis.encoding.rows import Floats, Ints, Rows

_MOST_COMPONENTS: Final = 2
_PRIOR_ROWS: Final = 1.0  # rows of average outcome that are added to each level


class LevelScores:
    """Features from the columns before a target.

    A code becomes the mean of a numeric target given the level; if the target is a code, that of
    its first two principal components. So do the coarser codes of a level (a product's chapter,
    its origin).

    Parameters
    ----------
    before : sequence of str
        Columns drawn before the target, without the label, which is always known.
    """

    def __init__(self, before: Sequence[str]) -> None:
        self.before = tuple(before)

    def fit(self, rows: Rows, target: Ints | Floats, *, is_code: bool) -> Self:
        """Learn the score of each level."""
        outcome = (
            _components(rows, target.astype(np.int64))
            if is_code
            else target.astype(np.float64)[:, None]
        )
        self._score = [_means(level, n, outcome) for level, n in self._codes(rows)]
        return self

    def transform(self, rows: Rows) -> Floats:
        """Return the features of rows, shape (n_rows, n_features)."""
        columns = [rows.label.astype(np.float64)[:, None]]
        columns += [s[level] for (level, _), s in zip(self._codes(rows), self._score, strict=True)]
        columns += [rows.numbers[name][:, None] for name in self.before if name in rows.numbers]
        return np.concatenate(columns, axis=1)

    def _codes(self, rows: Rows) -> Iterator[tuple[Ints, int]]:
        """Yield each known code and its coarser codes, with their numbers of levels."""
        for name in self.before:
            if name not in rows.codes:
                continue
            level = rows.codes[name]
            yield level, rows.format.n_levels[name]
            for coarser in rows.format.families.get(name, {}).values():
                yield coarser[level], int(coarser.max()) + 1


def _means(level: Ints, n_levels: int, outcome: Floats) -> Floats:
    """Return each level's mean outcome, shrunk to the overall mean, (n_levels, n_outcomes)."""
    size = np.bincount(level, minlength=n_levels).astype(np.float64)
    sums = np.stack(
        [np.bincount(level, weights=column, minlength=n_levels) for column in outcome.T], axis=1
    )
    return np.asarray((sums + _PRIOR_ROWS * outcome.mean(axis=0)) / (size + _PRIOR_ROWS)[:, None])


def _components(rows: Rows, target: Ints) -> Floats:
    """Return one or two numbers per row that distinguish the target's levels best.

    They are the first axes of the other codes' deviations from the average row of their contingency
    tables with the target; rare levels have the weight of frequent ones.
    """
    n_levels = int(target.max()) + 1
    if n_levels <= 2:
        return target[:, None].astype(np.float64)
    share = np.bincount(target, minlength=n_levels) / len(target)
    weight = 1 / np.sqrt(np.maximum(share, 1 / len(target)))
    covariance = np.zeros((n_levels, n_levels))
    for name, level in rows.codes.items():
        if np.array_equal(level, target):
            continue
        n = rows.format.n_levels[name]
        counts = np.bincount(level * n_levels + target, minlength=n * n_levels)
        table = counts.reshape(n, n_levels).astype(np.float64)
        size = table.sum(axis=1, keepdims=True)
        deviation = np.sqrt(size / len(target)) * (table / np.maximum(size, 1) - share) * weight
        covariance += deviation.T @ deviation
    _, axes = np.linalg.eigh(covariance)
    strongest = axes[:, : -_MOST_COMPONENTS - 1 : -1]
    return np.asarray((strongest * weight[:, None])[target])
