"""`random`: the floor that every model must beat."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.classifier import DeclarationClassifier

_SPREAD = 0.1  # of the scores around the fraud rate, as a share of it


class RandomScore(DeclarationClassifier):
    """Random scores about the fraud rate; their precision is the base rate up to noise.

    Parameters
    ----------
    random_state : int
        Seed.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Self:
        """Learn the fraud rate of the labels, nothing else."""
        self.rate_ = float((y == 1).sum() / max((y >= 0).sum(), 1))
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return random probabilities near the fraud rate, shape (n_declarations, 2)."""
        order = np.random.default_rng(self.random_state).random(len(X))
        score = self.rate_ * (1.0 + _SPREAD * (order - 0.5))
        return np.column_stack([1 - score, score])


ESTIMATOR = RandomScore
RECIPE = None
SUMMARY = "Random scores: the floor."
