"""The own score of a declaration: boosted trees that read no neighbour's label.

A training declaration is scored by trees grown without its own stretch of the year, because later
declarations are in no tree either.
"""

from __future__ import annotations

from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from lightgbm import LGBMClassifier

from customs_baselines.graphfc.context import Floats
from customs_baselines.steps import step

_MANY_LABELS: Final = 5_000
_FEWEST: Final = 8  # labels of either class below which no trees are grown
_COMMON: Final[dict[str, Any]] = {
    "learning_rate": 0.08,
    "subsample": 0.6,
    "subsample_freq": 1,
    "colsample_bytree": 0.25,
    "reg_lambda": 5.0,
    "max_bin": 63,
    "subsample_for_bin": 5_000,  # rows that choose the bins; all of them take as long as the trees
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
}
_LARGE: Final[dict[str, Any]] = {"n_estimators": 120, "num_leaves": 16, "min_child_samples": 20}
_SMALL: Final[dict[str, Any]] = {"n_estimators": 60, "num_leaves": 8, "min_child_samples": 8}


class OwnScore:
    """Log-odds of fraud from a declaration's features, cross-fitted over stretches of time.

    Parameters
    ----------
    n_folds : int
        Consecutive stretches of the labelled declarations.
    random_state, n_jobs : int
        Seed and threads of the trees.
    """

    def __init__(self, n_folds: int = 4, random_state: int = 0, n_jobs: int = 1) -> None:
        self.n_folds = n_folds
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, features: npt.NDArray[np.float32], y: npt.NDArray[np.int8]) -> Self:
        """Grow trees on declarations in the order of their dates.

        Parameters
        ----------
        features : ndarray of float32, shape (n_train, n_features)
        y : ndarray of int8, shape (n_train,)
            1, 0 or -1.
        """
        labelled = np.flatnonzero(y >= 0)
        # One imaginary fraud and one imaginary honest declaration keep the log-odds finite.
        rate = ((y[labelled] == 1).sum() + 1) / (len(labelled) + 2)
        self.base_ = float(np.log(rate / (1 - rate)))
        fold = np.arange(len(labelled)) * self.n_folds // max(len(labelled), 1)
        self.fold_ = np.full(len(y), -1)
        self.fold_[labelled] = fold
        self.trees_: list[LGBMClassifier | None] = []
        settings = _COMMON | (_LARGE if len(labelled) > _MANY_LABELS else _SMALL)
        for i in range(self.n_folds):
            grown_on = labelled[fold != i]
            if min((y[grown_on] == 1).sum(), (y[grown_on] == 0).sum()) < _FEWEST:
                self.trees_.append(None)
                continue
            trees = LGBMClassifier(
                **settings, random_state=self.random_state + i, n_jobs=self.n_jobs
            )
            with step(f"fold {i + 1} of {self.n_folds}"):
                self.trees_.append(trees.fit(features[grown_on], y[grown_on]))
        return self

    def score_later(self, features: npt.NDArray[np.float32]) -> Floats:
        """Mean log-odds of all trees, shape (n_declarations,)."""
        scores = [self._score(i, features) for i in range(self.n_folds)]
        return np.asarray(np.mean(scores, axis=0))

    def score_training(self, features: npt.NDArray[np.float32]) -> Floats:
        """Log-odds of the training declarations; labelled ones by trees without their stretch."""
        scores = np.stack([self._score(i, features) for i in range(self.n_folds)])
        own: Floats = np.take_along_axis(scores, np.maximum(self.fold_, 0)[None], axis=0)[0]
        return np.where(self.fold_ >= 0, own, scores.mean(axis=0))

    def _score(self, fold: int, features: npt.NDArray[np.float32]) -> Floats:
        trees = self.trees_[fold]
        if trees is None or len(features) == 0:
            return np.full(len(features), self.base_)
        return np.asarray(trees.predict(features, raw_score=True), dtype=np.float64)
