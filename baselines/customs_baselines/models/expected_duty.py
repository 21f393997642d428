"""`expected_duty`: a fraud model's probability times the duty at stake."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.catalogue import find_baseline
from customs_baselines.classifier import DeclarationClassifier
from customs_baselines.contract import make_model
from customs_data.season.duty import declared_duty, duty_cap


class ExpectedDuty(DeclarationClassifier):
    """Order by probability of fraud x declared duty, capped.

    For an office that earns what it recovers. On capped revenue (`customs-kit score --revenue`) it
    is far above the model that it asks, and on precision far below. Scores are in [0, 1] but no
    probabilities: expected duty as a share of the cap.

    Parameters
    ----------
    model : str
        The baseline that gives the probabilities; not a transductive one.
    random_state, n_jobs : int
        Seed and threads of the model.
    """

    def __init__(self, model: str = "xgboost", random_state: int = 0, n_jobs: int = 1) -> None:
        self.model = model
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Self:
        """Fit the model and learn the cap; X: (n_train, 20), y: (n_train,) of 1, 0 and -1."""
        offered = {"random_state": self.random_state, "n_jobs": self.n_jobs}
        self.model_ = make_model(find_baseline(self.model).load_class(), offered)
        self.model_.fit(X, y)
        self.cap_ = max(duty_cap(X), np.finfo(float).tiny)
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return scores, shape (n_declarations, 2): 1 - score, score."""
        at_stake = np.minimum(declared_duty(X), self.cap_) / self.cap_
        score = self.model_.predict_proba(X)[:, 1] * at_stake
        return np.column_stack([1.0 - score, score])


ESTIMATOR = ExpectedDuty
RECIPE = None
YARDSTICK = True
SUMMARY = "xgboost's probability x declared duty, capped: for revenue. Not a probability."
