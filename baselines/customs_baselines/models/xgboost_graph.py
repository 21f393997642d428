"""`xgboost_graph`: boosted trees over neighbourhood features."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.shapes.graph_trees import GraphTrees


class XGBoostGraph(GraphTrees):
    """XGBoost over recipe `kit`, two-hop neighbour means and spread labels."""

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
        return self._learn(X, y, X_test)


ESTIMATOR = XGBoostGraph
RECIPE = None
SUMMARY = "XGBoost over kit features, two-hop neighbour means and spread labels."
