"""Base class of classifiers of all violations at once over a feature recipe."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import pandas as pd

from customs_baselines.features import make_features
from customs_baselines.violations.classes import (
    N_CLASSES,
    Floats,
    Labels,
    as_fraud,
    in_columns,
)
from customs_baselines.violations.classifier import ViolationClassifier


class RecipeViolations(ViolationClassifier, ABC):
    """A classifier of eight classes over the features of a recipe.

    The features are those of the task fraud; their risk profiles count any violation.

    Parameters
    ----------
    recipe : {'kit', 'paper'}
        Features. The hyper-parameters are the same for both.
    random_state : int
        Seed of features and classifier.
    n_jobs : int
        Threads.
    """

    def __init__(self, recipe: str = "kit", random_state: int = 0, n_jobs: int = 1) -> None:
        self.recipe = recipe
        self.random_state = random_state
        self.n_jobs = n_jobs

    @abstractmethod
    def build(self) -> Any:
        """Return the unfitted classifier."""

    def fit(self, X: pd.DataFrame, y: Labels) -> Self:
        """Learn from labelled rows; X has shape (n_train, 20), y (n_train,) of 0 .. 7, -1."""
        self.features_ = make_features(self.recipe, self.random_state)
        features = self.features_.learn_features(X, as_fraud(y))
        labelled = y >= 0
        self.learned_, code = np.unique(y[labelled], return_inverse=True)
        self.classifier_ = self.build().fit(features[labelled], code)
        self.classes_ = np.arange(N_CLASSES)
        return self

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Return probabilities, shape (n_declarations, 8): none, then the violations."""
        proba = self.classifier_.predict_proba(self.features_.find_features(X))
        return in_columns(self.learned_, proba)
