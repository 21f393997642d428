"""Gaussian copula: the source's margins and one correlation matrix."""

from __future__ import annotations

from typing import Final, Self

import numpy as np
from scipy.special import ndtr, ndtri

from customs_data.synthesis.encoding.rows import Floats, Ints, Progress, Rows

_EDGE: Final = 1e-6
_RIDGE: Final = 1e-6


class GaussianCopula:
    """Normal vector whose margins are mapped to those of the source.

    A level is the interval of its cumulative share (Patki, Wedge, Veeramachaneni, 'The Synthetic
    Data Vault', 2016). Levels are in the order of their mean of the continuous columns, so that
    neighbours are similar. The label is a code too: a number is drawn from its interval, and the
    others from the exact conditional normal distribution.
    """

    def fit(self, rows: Rows, rng: np.random.Generator, progress: Progress) -> Self:
        """Estimate margins and correlations."""
        self._format = rows.format
        centred = [(x - x.mean()) / (x.std() or 1.0) for x in rows.numbers.values()]
        outcome = np.sum(centred, axis=0)
        levels = {"": rows.label, **rows.codes}
        sizes = {"": rows.format.n_labels, **rows.format.n_levels}
        self._margins = {
            name: _CodeMargin(level, sizes[name], outcome) for name, level in levels.items()
        }
        self._sorted = {name: np.sort(column) for name, column in rows.numbers.items()}
        latent = [margin.latent(levels[name], rng) for name, margin in self._margins.items()]
        latent += [_normal_scores(column, rng) for column in rows.numbers.values()]
        correlation = np.cov(np.stack(latent))
        correlation[np.diag_indices_from(correlation)] += _RIDGE
        # Given the label (first), the others are normal around a multiple of it.
        self._slope = correlation[1:, 0] / correlation[0, 0]
        rest = correlation[1:, 1:] - np.outer(self._slope, correlation[0, 1:])
        self._factor = np.linalg.cholesky(rest)
        self._scale = np.sqrt(np.diag(correlation)[1:])
        progress(1.0)
        return self

    def sample(self, label: Ints, rng: np.random.Generator) -> Rows:
        """Draw normal vectors given the label, and map them to levels and numbers."""
        z_label = self._margins[""].latent(label, rng)
        noise = rng.standard_normal((len(label), len(self._slope))) @ self._factor.T
        uniform = ndtr((np.outer(z_label, self._slope) + noise) / self._scale)
        columns = dict(zip([*self._format.n_levels, *self._format.numbers], uniform.T, strict=True))
        codes = {name: self._margins[name].level(columns[name]) for name in self._format.n_levels}
        numbers = {}
        for name, known in self._sorted.items():
            place = np.linspace(0.0, 1.0, len(known))
            numbers[name] = np.interp(columns[name], place, known)
        return Rows(self._format, label, codes, numbers)


class _CodeMargin:
    """Levels of a code as intervals of (0, 1)."""

    def __init__(self, level: Ints, n_levels: int, outcome: Floats) -> None:
        size = np.bincount(level, minlength=n_levels)
        mean = np.bincount(level, weights=outcome, minlength=n_levels) / np.maximum(size, 1)
        self._order = np.argsort(mean, kind="stable")
        share = size[self._order] / len(level)
        self._upper = np.cumsum(share)
        self._start = np.empty(n_levels)
        self._start[self._order] = self._upper - share
        self._width = np.empty(n_levels)
        self._width[self._order] = share

    def latent(self, level: Ints, rng: np.random.Generator) -> Floats:
        """Draw normal numbers within the interval of each level."""
        u = self._start[level] + rng.random(len(level)) * self._width[level]
        return np.asarray(ndtri(np.clip(u, _EDGE, 1 - _EDGE)))

    def level(self, uniform: Floats) -> Ints:
        """Return the level whose interval contains each number."""
        # Rounding must not go beyond the last level that occurs.
        within = np.minimum(uniform * self._upper[-1], np.nextafter(self._upper[-1], 0))
        level = self._order[np.searchsorted(self._upper, within, side="right")]
        return np.asarray(level, dtype=np.int64)


def _normal_scores(column: Floats, rng: np.random.Generator) -> Floats:
    """Return the normal quantile of each number's rank; ties are in random order."""
    order = np.lexsort((rng.random(len(column)), column))
    rank = np.empty(len(column))
    rank[order] = np.arange(len(column)) + 0.5
    return np.asarray(ndtri(rank / len(column)))
