"""`ensemble`: the weighted mean of the log-odds that several models give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin

from customs_baselines.catalogue import find_baseline
from customs_baselines.contract import accepted_keywords, make_model

#: Models that err differently, and what each counts. On tuning worlds 9002-9005 (mean of both test
#: periods; labels 100, 10, 2 %) graphfc scored .794, .656, .495, conjunctions .753, .615, .519; the
#: mean of their log-odds, weighted 3 : 1, .804, .675, .546; of ranks .795, .675, .541; of normal
#: scores .799, .672, .534.
MEMBERS: Final[dict[str, float]] = {"graphfc": 3.0, "xgboost_conjunctions": 1.0}
_LEAST: Final = 1e-9  # probability: log-odds must be finite


class Ensemble(ClassifierMixin, BaseEstimator):
    """Weighted mean of baselines' log-odds.

    Nothing is fitted, so that few labels cannot mislead it; and a model that is unsure, with
    probabilities near the base rate, moves the mean less, which ranks would hide.

    Parameters
    ----------
    members : mapping of str to float
        Names of baselines, and the weight of each.
    random_state : int
        Seed of every member.
    device : str
        Where members that use torch compute.
    n_jobs : int
        Threads.
    """

    def __init__(
        self,
        members: Mapping[str, float] = MEMBERS,
        random_state: int = 0,
        device: str = "auto",
        n_jobs: int = 1,
    ) -> None:
        self.members = members
        self.random_state = random_state
        self.device = device
        self.n_jobs = n_jobs

    def fit(
        self,
        X: pd.DataFrame,
        y: npt.NDArray[np.int8],
        *,
        y_critical: npt.NDArray[np.int8] | None = None,
    ) -> Self:
        """Fit every member, inductively.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.
        y_critical : ndarray of int8, shape (n_train,), optional
            For members that take it.

        Raises
        ------
        KitError
            If a member is not in the catalogue.
        """
        offered = {
            "random_state": self.random_state,
            "device": self.device,
            "n_jobs": self.n_jobs,
        }
        classes = [find_baseline(name).load_class() for name in self.members]
        self.models_: list[Any] = [make_model(found, offered) for found in classes]
        for model in self.models_:
            model.fit(X, y, **accepted_keywords(model.fit, {"y_critical": y_critical}))
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2): honest, fraud."""
        scores = [model.predict_proba(X)[:, 1] for model in self.models_]
        fraud = mean_log_odds(scores, list(self.members.values()))
        return np.column_stack([1 - fraud, fraud])


def mean_log_odds(
    probabilities: Sequence[npt.NDArray[np.float64]], weights: Sequence[float]
) -> npt.NDArray[np.float64]:
    """Return the weighted mean of log-odds as a probability, shape (n_declarations,).

    Examples
    --------
    >>> mean_log_odds([np.array([0.5, 0.9]), np.array([0.8, 0.9])], [1.0, 1.0]).round(3)
    array([0.667, 0.9  ])
    """
    total = np.zeros(len(probabilities[0]))
    for probability, weight in zip(probabilities, weights, strict=True):
        total += weight * logit(np.clip(probability, _LEAST, 1.0 - _LEAST))
    found: npt.NDArray[np.float64] = expit(total / sum(weights))
    return found


ESTIMATOR = Ensemble
RECIPE = None
SUMMARY = "Mean log-odds of models that err differently."
