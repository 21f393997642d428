"""`ensemble`: the mean of the ranks that several models give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, ClassifierMixin

from customs_baselines.catalogue import find_baseline
from customs_baselines.contract import accepted_keywords, make_model

#: Models that err differently.
MEMBERS = ("graphfc", "xgboost_conjunctions", "xgboost_kernel")


class Ensemble(ClassifierMixin, BaseEstimator):
    """Rank average of baselines.

    Scores of different models are on different scales, their ranks are not; and the mean of ranks
    has nothing to fit, so that few labels cannot mislead it.

    Parameters
    ----------
    members : sequence of str
        Names of baselines; each counts the same.
    random_state : int
        Seed of every member.
    device : str
        Where members that use torch compute.
    n_jobs : int
        Threads.

    Notes
    -----
    A declaration's score is the mean over members of (rank - 1/2) / n among the n declarations
    scored in the same call, ties sharing their mean rank. It depends on the others in the call:
    score a period as a whole.
    """

    def __init__(
        self,
        members: Sequence[str] = MEMBERS,
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
        """Return mean ranks as scores, shape (n_declarations, 2): honest, fraud."""
        fraud = mean_rank([model.predict_proba(X)[:, 1] for model in self.models_])
        return np.column_stack([1 - fraud, fraud])


def mean_rank(scores: Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Return the mean of (rank - 1/2) / n over models, shape (n_declarations,), in (0, 1).

    Examples
    --------
    >>> mean_rank([np.array([0.1, 0.9]), np.array([5.0, 5.0])])
    array([0.375, 0.625])
    """
    # Ranks are multiples of 1/2: their sum is exact, so that the order of members changes nothing.
    total = np.sum([rankdata(score) - 0.5 for score in scores], axis=0)
    mean: npt.NDArray[np.float64] = total / (len(scores) * max(len(total), 1))
    return mean


ESTIMATOR = Ensemble
RECIPE = None
SUMMARY = "Rank average of models that err differently."
