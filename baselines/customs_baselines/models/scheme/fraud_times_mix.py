"""`fraud_times_mix`: the fraud model's probability, divided by the mix of violations."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd

from customs_baselines.features import make_features
from customs_baselines.models.xgboost import XGBoost
from customs_baselines.violations.classes import (
    N_CLASSES,
    Floats,
    Labels,
    as_fraud,
    split_by_mix,
)
from customs_baselines.violations.classifier import ViolationClassifier
from customs_baselines.violations.two_steps import MixTrees


class FraudTimesMix(ViolationClassifier):
    """P(violation) = P(fraud) x P(violation | fraud).

    The first factor is `xgboost` of the task fraud. The second is learned from frauds alone, on the
    same features.

    Parameters
    ----------
    recipe : {'kit', 'paper'}
        Features of both.
    random_state : int
        Seed of features and trees.
    n_jobs : int
        Threads.
    """

    def __init__(self, recipe: str = "kit", random_state: int = 0, n_jobs: int = 1) -> None:
        self.recipe = recipe
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: pd.DataFrame, y: Labels) -> Self:
        """Learn from labelled rows; X has shape (n_train, 20), y (n_train,) of 0 .. 7, -1."""
        self.fraud_ = XGBoost(self.recipe, random_state=self.random_state, n_jobs=self.n_jobs)
        self.fraud_.fit(X, as_fraud(y))
        self.features_ = make_features(self.recipe, self.random_state)
        features = self.features_.learn_features(X, as_fraud(y))
        self.mix_ = MixTrees(self.random_state, self.n_jobs).fit(features, y)
        self.classes_ = np.arange(N_CLASSES)
        return self

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Return probabilities, shape (n_declarations, 8): none, then the violations."""
        mix = self.mix_.predict(self.features_.find_features(X))
        return split_by_mix(self.fraud_.predict_proba(X)[:, 1], mix)


ESTIMATOR = FraudTimesMix
RECIPE = "kit"
SUMMARY = "Probability of fraud (xgboost) x mix of violations among frauds (trees)."
