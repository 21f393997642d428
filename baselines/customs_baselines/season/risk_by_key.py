"""Fraud rates of traders, goods and routes, kept up to date by addition."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_SMOOTHING: Final = 6.0  # imaginary labels at the base rate
N_FOLDS: Final = 4


class RiskByKey:
    """Counts of labels and of frauds by key, in folds.

    A labelled declaration is described by the other folds, so that it does not read its own label.

    Parameters
    ----------
    n_keys : int
        Columns of the codes.
    """

    def __init__(self, n_keys: int) -> None:
        self._sums = [np.zeros((N_FOLDS, 0, 2)) for _ in range(n_keys)]
        self._n = np.zeros(2)

    def add(self, codes: npt.NDArray[np.int32], fold: Integers, y: npt.NDArray[np.int8]) -> None:
        """Add labels.

        Parameters
        ----------
        codes : ndarray of int32, shape (n, n_keys)
        fold : ndarray of int64, shape (n,)
            From 0 to `N_FOLDS` - 1.
        y : ndarray of int8, shape (n,)
            1 or 0.
        """
        if len(y) == 0:
            return
        adds = np.column_stack([np.ones(len(y)), y])
        self._n += adds.sum(axis=0)
        for key, code in enumerate(codes.T):
            self._grow(key, int(code.max()) + 1)
            np.add.at(self._sums[key], (fold, code), adds)

    def forget(self, share: float) -> None:
        """Let all labels so far count for a share of what they did."""
        self._n *= share
        for sums in self._sums:
            sums *= share

    def read(self, codes: npt.NDArray[np.int32], fold: Integers | None = None) -> Floats:
        """Return smoothed log-odds and the logarithm of the number of labels, by key.

        Parameters
        ----------
        codes : ndarray of int32, shape (n, n_keys)
        fold : ndarray of int64, shape (n,), optional
            Folds that are left out, row by row.

        Returns
        -------
        ndarray of float32, shape (n, 2 * n_keys)
        """
        base = (self._n[1] + 0.5) / (self._n[0] + 1.0)
        columns = []
        for key, code in enumerate(codes.T):
            self._grow(key, int(code.max(initial=-1)) + 1)
            sums = self._sums[key]
            counted = sums.sum(axis=0)[code]
            if fold is not None:
                counted = counted - sums[fold, code]
            n, fraud = counted.T
            risk = (fraud + _SMOOTHING * base) / (n + _SMOOTHING)
            columns += [np.log(risk / (1.0 - risk)), np.log1p(n)]
        return np.column_stack(columns).astype(np.float32)

    def _grow(self, key: int, size: int) -> None:
        sums = self._sums[key]
        if sums.shape[1] < size:
            grown = np.zeros((N_FOLDS, max(size, 2 * sums.shape[1]), 2))
            grown[:, : sums.shape[1]] = sums
            self._sums[key] = grown
