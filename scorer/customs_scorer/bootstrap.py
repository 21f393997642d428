"""Bootstrap intervals of precision@n %."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from customs_scorer.metrics.inspection import n_inspected


def bootstrap_precision(
    y_true: npt.NDArray[np.int8],
    fraud_score: npt.NDArray[np.float64],
    rate: float,
    *,
    n_replicates: int,
    seed: int,
) -> npt.NDArray[np.float64]:
    """Precision of bootstrap samples of the declarations.

    Parameters
    ----------
    y_true : ndarray of int, shape (n_declarations,)
        0 or 1.
    fraud_score : ndarray of float64, shape (n_declarations,)
        Finite.
    rate : float
        Inspection rate in (0, 1].
    n_replicates : int
        Samples of n_declarations with replacement.
    seed : int
        Of the samples.

    Returns
    -------
    ndarray of float64, shape (n_replicates,)
        Precision of the k most suspicious of each sample, ties at the cut as their expectation.
    """
    joint = joint_bootstrap(y_true, [fraud_score], [rate], n_replicates=n_replicates, seed=seed)
    precision: npt.NDArray[np.float64] = joint[0, 0]
    return precision


def precision_intervals(
    y_true: npt.NDArray[np.int8],
    fraud_score: npt.NDArray[np.float64],
    rates: Sequence[float],
    *,
    n_replicates: int,
    seed: int,
) -> list[tuple[float, float]]:
    """Percentile bootstrap 95 % interval of precision at each rate, all on the same samples."""
    joint = joint_bootstrap(y_true, [fraud_score], rates, n_replicates=n_replicates, seed=seed)
    intervals = np.quantile(joint[0], (0.025, 0.975), axis=1).T
    return [(float(low), float(high)) for low, high in intervals]


def joint_bootstrap(
    y_true: npt.NDArray[np.int8],
    fraud_scores: Sequence[npt.NDArray[np.float64]],
    rates: Sequence[float],
    *,
    n_replicates: int,
    seed: int,
) -> npt.NDArray[np.float64]:
    """Precision of several submissions on the same bootstrap samples of the declarations.

    Because the samples are shared, what one submission gains or loses over another in each of them
    tells how sure their order is.

    Parameters
    ----------
    y_true : ndarray of int, shape (n_declarations,)
        0 or 1.
    fraud_scores : sequence of ndarray of float64, each of shape (n_declarations,)
        Finite; one array for each submission.
    rates : sequence of float
        Inspection rates in (0, 1].
    n_replicates : int
        Samples of n_declarations with replacement.
    seed : int
        Of the samples.

    Returns
    -------
    ndarray of float64, shape (n_submissions, n_rates, n_replicates)
        The values that `bootstrap_precision` gives for each submission and rate with this seed.
    """
    n = len(y_true)
    sizes = [n_inspected(n, rate) for rate in rates]
    ranked = [_Ranked(np.asarray(scores), y_true == 1) for scores in fraud_scores]
    rng = np.random.default_rng(seed)
    precision = np.empty((len(ranked), len(sizes), n_replicates))
    step = max(1, _BLOCK_CELLS // n)
    for start in range(0, n_replicates, step):
        block = slice(start, min(start + step, n_replicates))
        weights = np.empty((block.stop - start, n), dtype=np.int32)
        for weight in weights:
            weight[:] = np.bincount(rng.integers(0, n, n), minlength=n)
        for i, held in enumerate(ranked):
            precision[i, :, block] = held.precision(weights, sizes)
    return precision


# Weights held at a time: 64 MiB.
_BLOCK_CELLS: Final = 1 << 24


class _Ranked:
    """Declarations by score, highest first, in groups of one score."""

    def __init__(
        self, fraud_score: npt.NDArray[np.float64], positive: npt.NDArray[np.bool_]
    ) -> None:
        self.order = np.argsort(-fraud_score, kind="stable")
        self.positive = positive[self.order]
        ordered = fraud_score[self.order]
        begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self.bounds = np.append(begins, len(ordered))

    def precision(
        self, weights: npt.NDArray[np.int32], sizes: Sequence[int]
    ) -> npt.NDArray[np.float64]:
        """Precision of the k highest of each sample, shape (n_sizes, n_samples).

        `weights` says how often each sample holds each declaration, shape (n_samples,
        n_declarations).
        """
        # A sample's cut lies near the k-th declaration: look no further than needed.
        most, n_all = max(sizes), int(self.bounds[-1])
        n_looked = most + most // 4 + 50
        while True:
            n_groups = int(np.searchsorted(self.bounds, min(n_looked, n_all)))
            rows = slice(0, int(self.bounds[n_groups]))
            held = weights.take(self.order[rows], axis=1)
            drawn = self._sums(held, n_groups)
            if rows.stop == n_all or (drawn[:, -1] >= most).all():
                break
            n_looked *= 2
        found = self._sums(held * self.positive[rows], n_groups)
        return np.stack([_at_cut(drawn, found, k) for k in sizes])

    def _sums(self, held: npt.NDArray[np.int32], n_groups: int) -> npt.NDArray[np.int32]:
        """Sums over each group and all before it, shape (n_samples, n_groups)."""
        if n_groups < held.shape[1]:
            held = np.add.reduceat(held, self.bounds[:n_groups], axis=1)
        return np.asarray(np.cumsum(held, axis=1, dtype=np.int32))


def _at_cut(
    drawn: npt.NDArray[np.int32], found: npt.NDArray[np.int32], k: int
) -> npt.NDArray[np.float64]:
    samples = np.arange(len(drawn))
    cut = np.argmax(drawn >= k, axis=1)
    above = cut > 0
    n_above = np.where(above, drawn[samples, cut - 1], 0)
    found_above = np.where(above, found[samples, cut - 1], 0)
    tied, hits = drawn[samples, cut] - n_above, found[samples, cut] - found_above
    return np.asarray((found_above + (k - n_above) * hits / tied) / k)
