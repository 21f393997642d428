"""`mode`: the most frequent goods, for every declaration."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator

from customs_baselines.goods.codes import GoodsCodes, best_first


class Mode(BaseEstimator):
    """Names the most frequent codes of training."""

    def fit(self, X: pd.DataFrame, codes: npt.NDArray[np.str_]) -> Self:
        """Count the codes.

        Parameters
        ----------
        X : DataFrame, shape (n_train, n_columns)
            Not read.
        codes : ndarray of str, shape (n_train,)
            As declared.
        """
        self.codes_, goods = GoodsCodes.of(codes)
        self.count_ = np.bincount(goods, minlength=len(self.codes_)).astype(np.float64)
        return self

    def rank(self, X: pd.DataFrame, k: int) -> npt.NDArray[np.str_]:
        """Return the k most frequent codes, the same in each row, shape (n, k)."""
        named = self.codes_.named(best_first(self.count_[None, :], k))
        return np.repeat(named, len(X), axis=0)


ESTIMATOR = Mode
RECIPE = None
SUMMARY = "The most frequent goods, for every declaration."
