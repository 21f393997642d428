"""`random`: the floor that every model must beat."""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import pandas as pd

from customs_baselines.violations.classes import N_CLASSES, Floats, Labels
from customs_baselines.violations.classifier import ViolationClassifier

_SPREAD: Final = 0.1  # of a score around the violation's frequency, as a share of it


class RandomViolations(ViolationClassifier):
    """Random scores about each violation's frequency.

    Parameters
    ----------
    random_state : int
        Seed.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: Labels) -> Self:
        """Learn the frequencies of the labels, nothing else."""
        self.frequency_ = np.bincount(y[y >= 0], minlength=N_CLASSES) / max((y >= 0).sum(), 1)
        self.classes_ = np.arange(N_CLASSES)
        return self

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Return random probabilities near the frequencies, shape (n_declarations, 8)."""
        noise = np.random.default_rng(self.random_state).random((len(X), N_CLASSES - 1))
        scores = self.frequency_[1:] * (1.0 + _SPREAD * (noise - 0.5))
        return np.column_stack([1.0 - scores.sum(axis=1), scores])


ESTIMATOR = RandomViolations
RECIPE = None
SUMMARY = "Random scores: the floor."
