"""Logistic regression over the leaves of boosted trees."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import OneHotEncoder
from xgboost import XGBClassifier

Floats = npt.NDArray[np.float64]


class LeafRegression(ClassifierMixin, BaseEstimator):
    """Trees map a row to one leaf per tree; a linear model weights the leaves.

    Parameters
    ----------
    n_estimators, max_depth, learning_rate, min_child_weight, subsample, colsample_bytree
        Settings of the trees.
    C : float
        Inverse strength of the regression's penalty.
    n_folds : int
        With 1, trees and regression are fitted on the same rows. With more, each fold has a model:
        trees grown on the *other* folds, and a regression over the fold's leaves, which are then
        independent of its labels. Predictions are the mean of these models.
    random_state : int
        Seed of folds and trees.
    n_jobs : int
        Threads.
    """

    def __init__(
        self,
        n_estimators: int = 100,
        max_depth: int = 4,
        learning_rate: float = 0.1,
        min_child_weight: float = 1.0,
        subsample: float = 1.0,
        colsample_bytree: float = 1.0,
        C: float = 1.0,
        n_folds: int = 1,
        random_state: int = 0,
        n_jobs: int = 1,
    ) -> None:
        self.n_estimators = n_estimators
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.min_child_weight = min_child_weight
        self.subsample = subsample
        self.colsample_bytree = colsample_bytree
        self.C = C
        self.n_folds = n_folds
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: Floats, y: npt.NDArray[np.int8]) -> Self:
        """Learn from X of shape (n_rows, n_features) and y of 0 and 1, shape (n_rows,)."""
        everything = np.arange(len(y))
        # A fold needs a row of each class.
        n_folds = min(self.n_folds, int(np.bincount(y, minlength=2).min()))
        if n_folds > 1:
            folds = StratifiedKFold(n_folds, shuffle=True, random_state=self.random_state)
            parts = list(folds.split(X, y))
        else:
            parts = [(everything, everything)]
        self.models_ = [self._fit(X, y, grow, weigh) for grow, weigh in parts]
        self.classes_ = np.array([0, 1])
        return self

    def _fit(
        self,
        X: Floats,
        y: npt.NDArray[np.int8],
        grow: npt.NDArray[np.intp],
        weigh: npt.NDArray[np.intp],
    ) -> tuple[Any, OneHotEncoder, LogisticRegression]:
        trees = XGBClassifier(
            n_estimators=self.n_estimators,
            max_depth=self.max_depth,
            learning_rate=self.learning_rate,
            min_child_weight=self.min_child_weight,
            subsample=self.subsample,
            colsample_bytree=self.colsample_bytree,
            tree_method="hist",
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        ).fit(X[grow], y[grow])
        # A leaf without rows of `weigh` has no weight.
        encoder = OneHotEncoder(handle_unknown="ignore", dtype=np.float32)
        encoder.set_output(transform="default")
        leaves = encoder.fit_transform(trees.apply(X[weigh]))
        linear = LogisticRegression(C=self.C, solver="liblinear", max_iter=1000)
        linear.fit(leaves, y[weigh])
        return trees, encoder, linear

    def predict_proba(self, X: Floats) -> Floats:
        """Return probabilities, shape (n_rows, 2)."""
        parts = [
            linear.predict_proba(encoder.transform(trees.apply(X)))
            for trees, encoder, linear in self.models_
        ]
        return np.asarray(np.mean(parts, axis=0))
