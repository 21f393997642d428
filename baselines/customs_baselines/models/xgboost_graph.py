"""`xgboost_graph`: is the graph worth reading? Boosted trees over neighbourhood features."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from xgboost import XGBClassifier

from customs_baselines.features.graph import GraphFeatures
from customs_baselines.features.kit import KitFeatures

# With few labels, many features call for shallow trees (measured at 10 % and 100 % of the labels).
_MANY_LABELS = 10_000
_DEEP: dict[str, Any] = {"n_estimators": 400, "max_depth": 6, "learning_rate": 0.04}
_SHALLOW: dict[str, Any] = {"n_estimators": 250, "max_depth": 4, "learning_rate": 0.05}


class XGBoostGraph(ClassifierMixin, BaseEstimator):
    """XGBoost over recipe `kit`, two-hop neighbour means and spread labels.

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

    def fit(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], *, X_test: pd.DataFrame | None = None
    ) -> Self:
        """Learn from labelled rows; unlabelled ones and `X_test` are part of the graph.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.
        X_test : DataFrame, shape (n_test, 20), optional
            Declarations to be scored (transductive); without it later declarations join the graph
            when they are scored.
        """
        labelled = y >= 0
        self.kit_ = KitFeatures(random_state=self.random_state)
        self.graph_ = GraphFeatures(random_state=self.random_state)
        features = np.hstack(
            [self.kit_.fit_transform(X, y), self.graph_.fit_transform(X, y, X_test)]
        )
        settings = _DEEP if labelled.sum() >= _MANY_LABELS else _SHALLOW
        self.trees_ = XGBClassifier(
            **settings,
            min_child_weight=3.0,
            subsample=0.8,
            colsample_bytree=0.4,
            reg_lambda=5.0,
            tree_method="hist",
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        )
        self.trees_.fit(features[labelled], y[labelled])
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2): honest, fraud."""
        features = np.hstack([self.kit_.transform(X), self.graph_.transform(X)])
        proba: npt.NDArray[np.float64] = self.trees_.predict_proba(features)
        return proba


ESTIMATOR = XGBoostGraph
RECIPE = None
SUMMARY = "XGBoost over kit features, two-hop neighbour means and spread labels."
