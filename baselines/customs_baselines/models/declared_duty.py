"""`declared_duty`: the declarations that pay most, whoever files them."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.classifier import DeclarationClassifier
from customs_data.season.duty import declared_duty, duty_cap


class DeclaredDuty(DeclarationClassifier):
    """Order by declared duty; labels are not read.

    Scores are in [0, 1] but no probabilities of fraud: the declared duty over itself plus the cap
    of capped revenue (`customs_data.season.duty`).
    """

    def fit(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Self:
        """Learn the cap from X, shape (n_train, 20); y, shape (n_train,), is not read."""
        self.cap_ = max(duty_cap(X), np.finfo(float).tiny)
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return scores, shape (n_declarations, 2): 1 - score, score."""
        duty = declared_duty(X)
        score = duty / (duty + self.cap_)
        return np.column_stack([1.0 - score, score])


ESTIMATOR = DeclaredDuty
RECIPE = None
YARDSTICK = True
SUMMARY = "Declared duty, no label: what size alone recovers. Not a probability."
