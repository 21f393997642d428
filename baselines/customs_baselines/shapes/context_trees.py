"""Base class of trees over kit features and further ones that may read all declarations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from lightgbm import LGBMClassifier

from customs_baselines.classifier import DeclarationClassifier
from customs_baselines.contract import accepted_keywords
from customs_baselines.features.kit import KitFeatures
from customs_baselines.features.transformer import DeclarationTransformer

Floats = npt.NDArray[np.float64]

# With few labels, many features need shallow trees (tuned at 10 and 100 % of the labels).
_MANY_LABELS: Final = 10_000
_DEEP: Final[dict[str, Any]] = {"n_estimators": 400, "num_leaves": 24}
_SHALLOW: Final[dict[str, Any]] = {"n_estimators": 250, "num_leaves": 8}


class ContextTrees(DeclarationClassifier, ABC):
    """LightGBM (or other trees) over recipe `kit` and further features of a subclass.

    Parameters
    ----------
    n_seeds : int
        Models that differ in their random numbers; the score is their mean.
    random_state : int
        First of these seeds, and seed of the folds.
    n_jobs : int
        Threads.
    """

    def __init__(self, n_seeds: int = 2, random_state: int = 0, n_jobs: int = 1) -> None:
        self.n_seeds = n_seeds
        self.random_state = random_state
        self.n_jobs = n_jobs

    @abstractmethod
    def make_more_features(self) -> list[DeclarationTransformer]:
        """Return the further features, unfitted."""

    def make_trees(self, many_labels: bool, random_state: int) -> Any:
        """Return the classifier, unfitted."""
        return LGBMClassifier(
            **(_DEEP if many_labels else _SHALLOW),
            learning_rate=0.05,
            min_child_samples=20,
            subsample=0.7,
            subsample_freq=1,
            colsample_bytree=0.3,
            reg_lambda=5.0,
            random_state=random_state,
            n_jobs=self.n_jobs,
            # Without these two, the trees may depend on the timing of threads.
            deterministic=True,
            force_row_wise=True,
            verbosity=-1,
        )

    def fit(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], *, X_test: pd.DataFrame | None = None
    ) -> Self:
        """Learn from labelled rows; unlabelled ones and `X_test` are known as context.

        Without any label there is nothing to learn, and every probability is a half.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.
        X_test : DataFrame, shape (n_test, 20), optional
            Declarations to be scored (transductive).
        """
        labelled = y >= 0
        self.features_ = [KitFeatures(random_state=self.random_state), *self.make_more_features()]
        context = {"X_test": X_test}
        features = np.hstack(
            [
                one.fit_transform(X, y, **accepted_keywords(one.fit_transform, context))
                for one in self.features_
            ]
        )
        many = bool(labelled.sum() >= _MANY_LABELS)
        self.trees_ = [
            self.make_trees(many, self.random_state + number).fit(features[labelled], y[labelled])
            for number in range(self.n_seeds if labelled.any() else 0)
        ]
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Return probabilities, shape (n_declarations, 2): honest, fraud."""
        if not self.trees_:
            return np.full((len(X), 2), 0.5)
        features = np.hstack([one.transform(X) for one in self.features_])
        return np.asarray(np.mean([one.predict_proba(features) for one in self.trees_], axis=0))
