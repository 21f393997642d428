"""`ranker`: boosted trees choose among the mixture's sixty most probable goods."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator

from customs_baselines.goods.codes import best_first
from customs_baselines.goods.ranker import CandidateRanker


class Ranker(BaseEstimator):
    """XGBoost over candidates, with the loss of choosing one of them.

    Each candidate is described by how often it went with importer, seller, broker, route and their
    combinations, by the densities of mass and price, and by the mixture's score, from which the
    trees start.

    Parameters
    ----------
    random_state : int
        Seed of the trees.
    n_jobs : int
        Threads.
    """

    def __init__(self, random_state: int = 0, n_jobs: int = 1) -> None:
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: pd.DataFrame, codes: npt.NDArray[np.str_]) -> Self:
        """Learn to choose on the later declarations, described by the earlier ones.

        Parameters
        ----------
        X : DataFrame, shape (n_train, n_columns)
        codes : ndarray of str, shape (n_train,)
            As declared.
        """
        codes = np.asarray(codes, dtype=np.str_)
        self.ranker_ = CandidateRanker(X, codes, self.random_state, self.n_jobs)
        return self

    def rank(self, X: pd.DataFrame, k: int) -> npt.NDArray[np.str_]:
        """Return the best candidates, best first, shape (n, k)."""
        goods, scores = self.ranker_.score(X)
        order = best_first(scores, k)
        best = np.take_along_axis(goods, np.maximum(order, 0), axis=1)
        return self.ranker_.candidates.mixture.codes.named(np.where(order >= 0, best, -1))

    def score_candidates(
        self, X: pd.DataFrame
    ) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.float32]]:
        """Return candidates and their log-odds up to a constant of each row, (n, n_candidates)."""
        goods, scores = self.ranker_.score(X)
        return self.ranker_.candidates.mixture.codes.named(goods), scores


ESTIMATOR = Ranker
RECIPE = None
SUMMARY = "XGBoost chooses among the mixture's sixty most probable goods."
