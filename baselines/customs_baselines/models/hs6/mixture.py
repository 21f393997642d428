"""`mixture`: histories from route to importer, times the densities of mass and price."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator

from customs_baselines.goods.candidates import N_CANDIDATES
from customs_baselines.goods.codes import Integers, best_first
from customs_baselines.goods.mixture import Mixture


class HistoryMixture(BaseEstimator):
    """A back-off mixture of histories, times normal densities of ln mass and ln unit price.

    The goods' shares on the route are the prior of those of the seller, these of those of the
    importer, and so on (a hierarchy of Dirichlet distributions): whoever declared much is known by
    what they declared, whoever declared little by the wider key.
    """

    def fit(self, X: pd.DataFrame, codes: npt.NDArray[np.str_]) -> Self:
        """Count histories and estimate densities.

        Parameters
        ----------
        X : DataFrame, shape (n_train, n_columns)
        codes : ndarray of str, shape (n_train,)
            As declared.
        """
        self.mixture_ = Mixture(X, codes)
        return self

    def rank(self, X: pd.DataFrame, k: int) -> npt.NDArray[np.str_]:
        """Return the most probable codes, best first, shape (n, k)."""
        return self.mixture_.codes.named(self._best(X, k)[0])

    def score_candidates(
        self, X: pd.DataFrame
    ) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.float32]]:
        """Return the best codes and their log probabilities up to a constant, (n, n_candidates)."""
        goods, scores = self._best(X, min(N_CANDIDATES, len(self.mixture_.codes)))
        return self.mixture_.codes.named(goods), scores

    def _best(self, X: pd.DataFrame, k: int) -> tuple[Integers, npt.NDArray[np.float32]]:
        goods = np.empty((len(X), k), dtype=np.int64)
        scores = np.full((len(X), k), -np.inf, dtype=np.float32)
        for rows, all_scores in self.mixture_.score(X):
            goods[rows] = best_first(all_scores, k)
            own = np.take_along_axis(all_scores, np.maximum(goods[rows], 0), axis=1)
            scores[rows] = np.where(goods[rows] >= 0, own, -np.inf)
        return goods, scores


ESTIMATOR = HistoryMixture
RECIPE = None
SUMMARY = "Histories of importer, seller and route, backed off, times mass and price."
