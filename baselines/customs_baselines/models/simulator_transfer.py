"""`simulator_transfer`: how much our simulator's code gives away about an edition.

Anyone can run the generator. This model learns from other worlds of the same configuration, whose
labels are known, and scores an edition without any of its labels. If the edition's labels are worth
having, models that use them are far better.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from xgboost import XGBClassifier

from customs_baselines.classifier import DeclarationClassifier
from customs_baselines.features.graph import GraphFeatures
from customs_baselines.features.kit import KitFeatures
from customs_baselines.steps import step
from customs_data.columns.column_set import extra_names
from customs_data.edition.generating import Blueprint, read_blueprint, simulate_world
from customs_data.keyed_random import derive, secret_of_seed
from customs_data.schema import DECLARED_COLUMNS, ERASED, KEY

_FEWEST_ROWS = 1000  # in a smaller world there are hardly any rings


class SimulatorTransfer(DeclarationClassifier):
    """XGBoost trained on other worlds; its features need no labels.

    Parameters
    ----------
    n_worlds : int
        Worlds to learn from, as large as the edition.
    blueprint : Blueprint, optional
        Blueprint of these worlds (`customs_data.edition.reveal.blueprint_of` an edition); by
        default the practice configuration and the shipped calibration.
    random_state : int
        Seed of worlds and trees.
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
        """Learn from other worlds; only declared columns of the edition are read, never `y`.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns, the context of later declarations.
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
            with step(f"world {i + 1} of {self.n_worlds}"):
                declarations = simulate_world(blueprint, secret).declarations
                features.append(_read(declarations[list(DECLARED_COLUMNS)]))
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
        features = _read(self.context_, X)
        proba: npt.NDArray[np.float64] = self.trees_.predict_proba(features)
        return proba


def _read(context: pd.DataFrame, wanted: pd.DataFrame | None = None) -> npt.NDArray[np.float32]:
    """Features without labels of all of `context`, or of the rows `wanted` in that context."""
    # Own worlds have no extra columns.
    context = context.drop(columns=[*extra_names(context)])
    y = np.full(len(context), ERASED, dtype=np.int8)
    kit, graph = KitFeatures(with_labels=False), GraphFeatures(with_labels=False)
    features = [kit.fit_transform(context, y), graph.fit_transform(context, y)]
    if wanted is not None:
        places = pd.Index(context[KEY]).get_indexer(pd.Index(wanted[KEY]))
        if (places >= 0).all():  # as in training: features of rows that are part of the whole
            features = [part[places] for part in features]
        else:
            features = [kit.transform(wanted), graph.transform(wanted)]
    return np.hstack(features).astype(np.float32)


ESTIMATOR = SimulatorTransfer
RECIPE = None
SIMULATOR = True
SUMMARY = "XGBoost trained on ten other worlds, without a label of this one: what our code leaks."
