"""Out-of-fold rates by value: what one column says about a binary target."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from customs_data.fidelity.metrics import Codes, Floats

_N_FOLDS: Final = 5
# Rows of average rate that are added to each value.
_PRIOR_ROWS: Final = 4.0


def rate_auc(key: Codes, y: npt.NDArray[np.int8], seed: int = 0) -> float:
    """Return the AUC of the out-of-fold rate of `y` by `key`; 0.5 if the key says nothing.

    Parameters
    ----------
    key : ndarray of int64, shape (n_rows,)
        Codes of one or several columns.
    y : ndarray of int8, shape (n_rows,)
        0 or 1; both must occur.
    seed : int
        Seed of the folds.
    """
    return float(roc_auc_score(y, out_of_fold_rate(key, y, seed)))


def out_of_fold_rate(key: Codes, y: npt.NDArray[np.int8], seed: int = 0) -> Floats:
    """Return the rate of `y` among rows of other folds with the same key, shape (n_rows,)."""
    number = np.unique(key, return_inverse=True)[1]
    fold = np.random.default_rng(seed).permutation(len(y)) % _N_FOLDS
    size = int(number.max()) + 1
    cell = number * _N_FOLDS + fold
    rows = np.bincount(cell, minlength=size * _N_FOLDS).reshape(size, _N_FOLDS)
    ones = np.bincount(cell, weights=y, minlength=size * _N_FOLDS).reshape(size, _N_FOLDS)
    others = rows.sum(axis=1, keepdims=True) - rows
    ones_of_others = ones.sum(axis=1, keepdims=True) - ones
    rate = (ones_of_others + _PRIOR_ROWS * y.mean()) / (others + _PRIOR_ROWS)
    return np.asarray(rate[number, fold], dtype=np.float64)


def quantile_bins(numbers: Floats, n_bins: int) -> Codes:
    """Put numbers into bins of equal counts; few distinct ones get a bin each."""
    distinct = np.unique(numbers)
    if len(distinct) <= n_bins:
        return np.searchsorted(distinct, numbers).astype(np.int64)
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, n_bins + 1)[1:-1]))
    return np.searchsorted(edges, numbers, side="right").astype(np.int64)
