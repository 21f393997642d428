"""Violations in two steps: whether there is one, and which it is if there is."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from xgboost import XGBClassifier

from customs_baselines.violations.classes import N_CLASSES, Floats, Labels, in_columns

#: Trees that ask whether there is a violation, and those that ask which. There are few violations,
#: so the latter are small. Tuned on worlds of the kit's own.
FRAUD_TREES: Final[dict[str, Any]] = {
    "n_estimators": 250,
    "max_depth": 5,
    "learning_rate": 0.06,
    "min_child_weight": 5.0,
    "subsample": 0.8,
    "colsample_bytree": 0.3,
    "reg_lambda": 5.0,
}
MIX_TREES: Final[dict[str, Any]] = {
    "n_estimators": 200,
    "max_depth": 3,
    "learning_rate": 0.07,
    "min_child_weight": 3.0,
    "subsample": 0.8,
    "colsample_bytree": 0.3,
    "reg_lambda": 5.0,
}


def trees(settings: dict[str, Any], random_state: int, n_jobs: int) -> XGBClassifier:
    """Return unfitted trees."""
    return XGBClassifier(**settings, tree_method="hist", random_state=random_state, n_jobs=n_jobs)


class MixTrees:
    """Probability of each violation, if there is one.

    Parameters
    ----------
    random_state, n_jobs : int
        Seed and threads of the trees.
    """

    def __init__(self, random_state: int = 0, n_jobs: int = 1) -> None:
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, features: Floats, y: Labels) -> MixTrees:
        """Learn from the rows with a violation; shapes (n_train, n_features) and (n_train,)."""
        rows = np.flatnonzero(y > 0)
        self.classes_, code = np.unique(y[rows], return_inverse=True)
        self.trees_ = None
        if len(self.classes_) > 1:
            self.trees_ = trees(MIX_TREES, self.random_state, self.n_jobs)
            self.trees_.fit(features[rows], code)
        return self

    def predict(self, features: Floats) -> Floats:
        """Return the mix of each row, shape (n, 7); rows add up to 1."""
        if self.trees_ is None:  # every violation was the same
            proba = np.ones((len(features), 1))
        else:
            proba = self.trees_.predict_proba(features).astype(np.float64)
        assert proba.shape[1] < N_CLASSES
        return in_columns(self.classes_, proba)[:, 1:]
