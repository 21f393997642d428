"""`risk_profile`: smoothed fraud history of entities and codes, weighted linearly."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from customs_baselines.classifier import DeclarationClassifier
from customs_baselines.features.risk import RiskProfiles


class RiskProfile(DeclarationClassifier):
    """Past fraud rates by trader, goods and route, as many customs offices use them.

    Parameters
    ----------
    random_state : int
        Seed of the folds of the profiles.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Self:
        """Learn from labelled rows; X has shape (n_train, 20), y (n_train,) of 0, 1, -1."""
        labelled = y >= 0
        self.profiles_ = RiskProfiles(random_state=self.random_state)
        features = self.profiles_.fit_transform(X, y)
        self.weights_ = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
        self.weights_.fit(features[labelled], y[labelled])
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2)."""
        proba: npt.NDArray[np.float64] = self.weights_.predict_proba(self.profiles_.transform(X))
        return proba


ESTIMATOR = RiskProfile
RECIPE = None
SUMMARY = "Smoothed fraud rates of entities and codes, out-of-fold, combined linearly."
