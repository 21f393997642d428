"""The shape that classic models share: a feature recipe, then a classifier on labelled rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from customs_baselines.features import make_features


class RecipeModel(ClassifierMixin, BaseEstimator, ABC):
    """A classifier over the features of a recipe.

    Parameters
    ----------
    recipe : {'kit', 'paper'}
        ``paper``: label encoding and min-max scaling, the library's default hyper-parameters.
        ``kit``: engineered features and hyper-parameters to go with them.
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
    def make_classifier(self) -> Any:
        """Return the unfitted classifier for ``self.recipe``."""

    def fit(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Self:
        """Learn from labelled rows (the recipe may use the others).

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.
        """
        labelled = y >= 0
        self.features_ = make_features(self.recipe, self.random_state)
        features = self.features_.fit_transform(X, y)
        self.classifier_ = self.make_classifier()
        self.classifier_.fit(features[labelled], y[labelled])
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2): honest, fraud."""
        proba: npt.NDArray[np.float64] = self.classifier_.predict_proba(self.features_.transform(X))
        return proba
