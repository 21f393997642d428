"""`simulator_transfer`: what our own simulator's code gives away about an edition.

Anyone can run the generator. This model learns from other worlds of the same configuration, whose
labels are known, and scores an edition without a single one of its labels. An edition whose labels
are worth having leaves it far behind models that use them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from xgboost import XGBClassifier

from customs_baselines.features.graph import GraphFeatures
from customs_baselines.features.kit import KitFeatures
from customs_data.edition.generating import Blueprint, read_blueprint, simulate_world
from customs_data.keyed_random import derive, secret_of_seed
from customs_data.schema import DECLARED_COLUMNS, ERASED

_FEWEST_ROWS = 1000  # of a world: a smaller one has no rings to speak of


class SimulatorTransfer(ClassifierMixin, BaseEstimator):
    """XGBoost trained on other worlds; its features need no labels.

    Parameters
    ----------
    n_worlds : int
        Worlds to learn from, as large as the edition.
    blueprint : Blueprint, optional
        What these worlds are made from (`customs_data.edition.reveal.blueprint_of` an edition); by
        default the practice configuration and the shipped calibration.
    random_state : int
        Chooses the worlds, and seeds the trees.
    n_jobs : int
        Threads.
    """

    def __init__(
        self,
        n_worlds: int = 10,
        blueprint: Blueprint | None = None,
        random_state: int = 0,
        n_jobs: int = 1,
    ) -> None:
        self.n_worlds = n_worlds
        self.blueprint = blueprint
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], *, X_test: pd.DataFrame | None = None
    ) -> Self:
        """Learn from other worlds; of the edition only declared columns are read, never `y`.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns; the frame later declarations are held against.
        y : ndarray of int8, shape (n_train,)
            Not read.
        X_test : DataFrame, shape (n_test, 20), optional
            Declarations to be scored (transductive).
        """
        n_rows = max(len(X) + (0 if X_test is None else len(X_test)), _FEWEST_ROWS)
        blueprint = replace(self.blueprint or read_blueprint(), n_declarations=n_rows)
        features, labels = [], []
        for i in range(self.n_worlds):
            secret = derive(secret_of_seed(self.random_state), "simulator transfer", str(i))
            declarations = simulate_world(blueprint, secret).declarations
            declared = declarations[list(DECLARED_COLUMNS)]
            features.append(_Reader().read(declared).astype(np.float32))
            labels.append(declarations["Fraud"].to_numpy())
        self.trees_ = XGBClassifier(
            n_estimators=250,
            max_depth=6,
            learning_rate=0.06,
            max_bin=64,
            min_child_weight=10.0,
            subsample=0.5,
            colsample_bytree=0.4,
            tree_method="hist",
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        )
        self.trees_.fit(np.vstack(features), np.concatenate(labels))
        self.context_ = X if X_test is None else pd.concat([X, X_test], ignore_index=True)
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2): honest, fraud."""
        features = _Reader().read(self.context_, X).astype(np.float32)
        proba: npt.NDArray[np.float64] = self.trees_.predict_proba(features)
        return proba


class _Reader:
    """Features of a set of declarations read as a whole, without labels."""

    def read(
        self, context: pd.DataFrame, wanted: pd.DataFrame | None = None
    ) -> npt.NDArray[np.float64]:
        """Features of `context`, or of the rows `wanted` seen in it."""
        y = np.full(len(context), ERASED, dtype=np.int8)
        kit, graph = KitFeatures(with_labels=False), GraphFeatures(with_labels=False)
        read = [kit.fit_transform(context, y), graph.fit_transform(context, y)]
        if wanted is not None:
            places = pd.Index(context["Declaration ID"]).get_indexer(
                pd.Index(wanted["Declaration ID"])
            )
            known = places >= 0
            if known.all():  # as in training: features of rows that are part of the whole
                return np.hstack([part[places] for part in read])
            return np.hstack([kit.transform(wanted), graph.transform(wanted)])
        return np.hstack(read)


ESTIMATOR = SimulatorTransfer
RECIPE = None
SUMMARY = "XGBoost trained on ten other worlds, without a label of this one: what our code leaks."
