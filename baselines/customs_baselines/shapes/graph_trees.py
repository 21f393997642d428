"""Base class of boosted trees over kit, graph and further features."""

from __future__ import annotations

from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from xgboost import XGBClassifier

from customs_baselines.classifier import DeclarationClassifier
from customs_baselines.features.folds import TWO_VIEWS
from customs_baselines.features.graph import GraphFeatures
from customs_baselines.features.kit import KitFeatures
from customs_baselines.features.row_blocks import read_all

# With few labels, many features need shallow trees (measured at 10 % and 100 % of the labels).
_MANY_LABELS = 10_000
_DEEP: dict[str, Any] = {"n_estimators": 400, "max_depth": 6, "learning_rate": 0.04}
_SHALLOW: dict[str, Any] = {"n_estimators": 250, "max_depth": 4, "learning_rate": 0.05}


class LabelFeatures(Protocol):
    """Features that read labels; out-of-fold for training rows."""

    def fit_transform(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
        """Learn; return the features of training rows, shape (n_train, n_features)."""

    def transform(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the features of later declarations, shape (n_declarations, n_features)."""


class GraphTrees(DeclarationClassifier):
    """XGBoost over recipe `kit`, neighbourhood features and further ones of a subclass.

    Parameters
    ----------
    random_state : int
        Seed of folds and trees.
    n_jobs : int
        Threads.
    """

    def __init__(self, random_state: int = 0, n_jobs: int = 1) -> None:
        self.random_state = random_state
        self.n_jobs = n_jobs

    def make_more_features(self) -> list[LabelFeatures]:
        """Return unfitted features beside kit and graph ones; a subclass may have some."""
        return []

    def fit(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Self:
        """Learn from labelled rows; unlabelled ones are part of the graph.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.
        """
        return self._learn(X, y, None)

    def _learn(self, X: pd.DataFrame, y: npt.NDArray[np.int8], X_test: pd.DataFrame | None) -> Self:
        labelled = y >= 0
        self.kit_ = KitFeatures(random_state=self.random_state)
        self.graph_ = GraphFeatures(random_state=self.random_state)
        self.more_ = self.make_more_features()
        kit = read_all(self.kit_.fit_rows(X, y, TWO_VIEWS))
        others = np.hstack(
            [
                self.graph_.fit_transform(X, y, X_test),
                *(more.fit_transform(X, y) for more in self.more_),
            ]
        )
        n_views = len(kit) // len(y)
        features = np.hstack([kit, np.tile(others, (n_views, 1))])
        settings = _DEEP if labelled.sum() >= _MANY_LABELS else _SHALLOW
        self.trees_ = XGBClassifier(
            **settings,
            min_child_weight=3.0 * n_views,
            subsample=0.8,
            colsample_bytree=0.4,
            reg_lambda=5.0 * n_views,
            tree_method="hist",
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        )
        taught = np.tile(labelled, n_views)
        self.trees_.fit(features[taught], np.tile(y, n_views)[taught])
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2): honest, fraud."""
        features = np.hstack(
            [
                self.kit_.transform(X),
                self.graph_.transform(X),
                *(more.transform(X) for more in self.more_),
            ]
        )
        proba: npt.NDArray[np.float64] = self.trees_.predict_proba(features)
        return proba
