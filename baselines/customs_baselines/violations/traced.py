"""Violations by their traces, in two steps."""

from __future__ import annotations

from typing import Any, Final, Self

import numpy as np
import pandas as pd
from scipy.special import expit

from customs_baselines.features.kit import KitFeatures
from customs_baselines.mixed.estimator import GraphMixedEffects
from customs_baselines.shapes.log_odds import log_odds, mean_of_opinions
from customs_baselines.steps import step
from customs_baselines.violations.classes import (
    N_CLASSES,
    Floats,
    Labels,
    as_fraud,
    split_by_mix,
)
from customs_baselines.violations.classifier import ViolationClassifier
from customs_baselines.violations.mix_profiles import MixProfiles
from customs_baselines.violations.traces import find_traces
from customs_baselines.violations.two_steps import FRAUD_TREES, MixTrees, trees
from customs_data.schema import KEY

_LEAST: Final = 1e-6  # probabilities closer to 0 or 1 count as this


class TracedViolations(ViolationClassifier):
    """P(violation) = P(fraud) x P(violation | fraud), both from traces; transductive.

    The trees read recipe ``kit``, the traces of each declaration among all of training and test
    (`find_traces`), and which violations its traders and goods had (`MixProfiles`). The log-odds of
    fraud are the mean of theirs and those of `GraphMixedEffects`.

    Parameters
    ----------
    random_state : int
        Seed of features and trees.
    n_jobs : int
        Threads.
    """

    def __init__(self, random_state: int = 0, n_jobs: int = 1) -> None:
        self.random_state = random_state
        self.n_jobs = n_jobs

    def describe(self, context: pd.DataFrame) -> pd.DataFrame:
        """Return features that need no label, each row compared with the others, (n, any)."""
        return find_traces(context)

    def second_opinion(self) -> Any:
        """Return the unfitted model that is asked about fraud."""
        return GraphMixedEffects()

    def fit(self, X: pd.DataFrame, y: Labels, *, X_test: pd.DataFrame | None = None) -> Self:
        """Learn from labelled rows, and compare them with all.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns.
        y : ndarray of int8, shape (n_train,)
            0 = none, 1 .. 7 = violation, -1 = unlabelled.
        X_test : DataFrame, shape (n_test, 20), optional
            Declarations to be scored.
        """
        self.train_ = X
        self.context_ = X if X_test is None else pd.concat([X, X_test], ignore_index=True)
        fraud = as_fraud(y)
        with step("traces"):
            self.traces_ = self.describe(self.context_).to_numpy()
        self.kit_ = KitFeatures(self.random_state)
        self.profiles_ = MixProfiles(self.random_state)
        features = np.hstack(
            [
                self.kit_.learn_features(X, fraud),
                self.profiles_.learn_features(X, y),
                self.traces_[: len(X)],
            ]
        )
        labelled = y >= 0
        with step("whether"):
            self.trees_ = trees(FRAUD_TREES, self.random_state, self.n_jobs)
            self.trees_.fit(features[labelled], fraud[labelled])
            self.opinion_ = self.second_opinion().fit(X, fraud, X_test=X_test)
        with step("which"):
            self.mix_ = MixTrees(self.random_state, self.n_jobs).fit(features, y)
        self.classes_ = np.arange(N_CLASSES)
        return self

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Return probabilities, shape (n_declarations, 8): none, then the violations.

        Declarations that `fit` did not read are compared with the training rows and each other.
        """
        features = np.hstack(
            [self.kit_.find_features(X), self.profiles_.find_features(X), self._find_traces(X)]
        )
        own = log_odds(self.trees_.predict_proba(features)[:, 1], _LEAST)
        other = log_odds(self.opinion_.predict_proba(X)[:, 1], _LEAST)
        return split_by_mix(expit(mean_of_opinions(own, other)), self.mix_.predict(features))

    def _find_traces(self, X: pd.DataFrame) -> Floats:
        X = X.reset_index(drop=True)
        places = pd.Index(self.context_[KEY]).get_indexer(pd.Index(X[KEY]))
        known = bool((places >= 0).all())
        if known and self.context_.iloc[places].reset_index(drop=True).equals(X):
            return np.asarray(self.traces_[places])
        both = pd.concat([self.train_, X], ignore_index=True)
        return self.describe(both).to_numpy()[len(self.train_) :]
