"""Bootstrap intervals of precision@n %."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from customs_scorer.metrics import n_inspected


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
    n = len(y_true)
    k = n_inspected(n, rate)
    # Declarations of one score form a group, highest score first; a sample gives them weights.
    levels, group = np.unique(-np.asarray(fraud_score), return_inverse=True)
    positives = np.flatnonzero(np.asarray(y_true) == 1)
    rng = np.random.default_rng(seed)
    precision = np.empty(n_replicates)
    for i in range(n_replicates):
        weight = np.bincount(rng.integers(0, n, n), minlength=n)
        drawn = np.cumsum(np.bincount(group, weights=weight, minlength=len(levels)))
        hits = np.bincount(group[positives], weights=weight[positives], minlength=len(levels))
        found = np.cumsum(hits)
        cut = int(np.searchsorted(drawn, k))
        n_above = drawn[cut - 1] if cut else 0.0
        found_above = found[cut - 1] if cut else 0.0
        tied = drawn[cut] - n_above
        precision[i] = (found_above + (k - n_above) * hits[cut] / tied) / k
    return precision


def precision_interval(
    y_true: npt.NDArray[np.int8],
    fraud_score: npt.NDArray[np.float64],
    rate: float,
    *,
    n_replicates: int,
    seed: int,
) -> tuple[float, float]:
    """Percentile bootstrap 95 % interval of precision@rate; parameters as `bootstrap_precision`."""
    precision = bootstrap_precision(y_true, fraud_score, rate, n_replicates=n_replicates, seed=seed)
    low, high = np.quantile(precision, (0.025, 0.975))
    return float(low), float(high)
