"""Boosted trees over messages, the networks' partner: the two err in different places."""

from __future__ import annotations

from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from lightgbm import LGBMClassifier

from customs_baselines.graphfc.ensemble import Examples
from customs_baselines.steps import step

_COMMON: Final[dict[str, Any]] = {
    "learning_rate": 0.05,
    "subsample": 0.7,
    "subsample_freq": 1,
    "colsample_bytree": 0.3,
    "reg_lambda": 5.0,
    "max_bin": 63,
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
}
_MANY: Final[dict[str, Any]] = {"n_estimators": 250, "num_leaves": 24, "min_child_samples": 40}
_FEW: Final[dict[str, Any]] = {"n_estimators": 200, "num_leaves": 8, "min_child_samples": 20}


class MessageTrees:
    """Log-odds of fraud from messages, own score and features.

    Parameters
    ----------
    has_many_labels : bool
        Whether trees may be large.
    random_state, n_jobs : int
        Seed and threads.
    """

    def __init__(self, *, has_many_labels: bool, random_state: int, n_jobs: int) -> None:
        self.has_many_labels = has_many_labels
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, examples: Examples, y: npt.NDArray[np.float32]) -> Self:
        """Grow trees; `y`, shape (n_examples,), is 1 for fraud and 0 for honest."""
        settings = _COMMON | (_MANY if self.has_many_labels else _FEW)
        trees = LGBMClassifier(**settings, random_state=self.random_state, n_jobs=self.n_jobs)
        rate = (y.sum() + 1.0) / (len(y) + 2.0)
        self.base_ = float(np.log(rate / (1.0 - rate)))
        self.trees_: LGBMClassifier | None = None
        if 0 < y.sum() < len(y):
            with step("trees over messages"):
                self.trees_ = trees.fit(_columns(examples), y)
        return self

    def score(self, examples: Examples) -> npt.NDArray[np.float64]:
        """Log-odds of fraud, shape (n_examples,)."""
        if self.trees_ is None or len(examples.row) == 0:
            return np.full(len(examples.row), self.base_)
        log_odds = self.trees_.predict(_columns(examples), raw_score=True)
        return np.asarray(log_odds, dtype=np.float64)


def _columns(examples: Examples) -> npt.NDArray[np.float32]:
    """State, messages and features side by side, shape (n_examples, n_columns)."""
    messages = examples.messages.reshape(len(examples.row), -1)
    return np.hstack([examples.state[:, None], messages, examples.features[examples.row]])
