"""`ensemble`: the order of several models' mean rank, as probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm, rankdata
from sklearn.isotonic import IsotonicRegression

from customs_baselines.catalogue import find_baseline
from customs_baselines.classifier import DeclarationClassifier
from customs_baselines.contract import accepted_keywords, make_model
from customs_baselines.steps import step

#: Models with different errors, and their weights. On tuning worlds 9002-9005 (mean of both test
#: periods; labels 100, 10, 2 %) graphfc scored .794, .656, .495, conjunctions .753, .615, .519;
#: both, weighted 1 : 1, .792, .671, .551; 2 : 1, .796, .673, .542; 3 : 1, .799, .672, .534.
MEMBERS: Final[dict[str, float]] = {"graphfc": 3.0, "xgboost_conjunctions": 1.0}

_TILT: Final = 1e-4  # share of the score in a probability, so that equal levels keep the order


class Ensemble(DeclarationClassifier):
    """Rank average of baselines.

    Scores of different models are on different scales, their ranks are not. The mean of ranks has
    nothing to fit, so that few labels cannot mislead it. It gives the order; the members' mean
    probability along this order gives the values (`in_order`).

    Parameters
    ----------
    members : mapping of str to float, optional
        Weight of each baseline, by name; `MEMBERS` by default.
    random_state : int
        Seed of every member.
    device : str
        Where members that use torch compute.
    n_jobs : int
        Threads.

    Notes
    -----
    A declaration's score depends on the others scored in the same call: score a period as a whole.
    See `mean_rank`.
    """

    def __init__(
        self,
        members: Mapping[str, float] | None = None,
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
        self.weights_ = dict(MEMBERS if self.members is None else self.members)
        classes = [find_baseline(name).load_class() for name in self.weights_]
        self.models_: list[Any] = [make_model(one, offered) for one in classes]
        for number, (name, model) in enumerate(zip(self.weights_, self.models_, strict=True), 1):
            with step(f"{name}, {number} of {len(self.weights_)}"):
                model.fit(X, y, **accepted_keywords(model.fit, {"y_critical": y_critical}))
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2): honest, fraud."""
        scores = [model.predict_proba(X)[:, 1] for model in self.models_]
        weights = list(self.weights_.values())
        fraud = in_order(mean_rank(scores, weights), np.average(scores, axis=0, weights=weights))
        return np.column_stack([1 - fraud, fraud])


def mean_rank(
    scores: Sequence[npt.NDArray[np.float64]], weights: Sequence[float]
) -> npt.NDArray[np.float64]:
    """Return the weighted mean of normal scores as a probability, shape (n_declarations,).

    The normal score of a rank is the normal quantile of (rank - 1/2) / n, ties sharing their mean
    rank (van der Waerden). At the top, where declarations are chosen, one rank counts more than in
    the middle.

    Examples
    --------
    >>> mean_rank([np.array([0.1, 0.9, 0.5]), np.array([5.0, 5.0, 5.0])], [1.0, 1.0]).round(3)
    array([0.314, 0.686, 0.5  ])
    """
    total = np.zeros(len(scores[0]))
    for score, weight in zip(scores, weights, strict=True):
        total += weight * norm.ppf((rankdata(score) - 0.5) / max(len(score), 1))
    return np.asarray(norm.cdf(total / sum(weights)))


def in_order(
    score: npt.NDArray[np.float64], probability: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return probabilities that rise with a score, by isotonic regression, shape (n,).

    Parameters
    ----------
    score : ndarray of float64, shape (n,)
        In [0, 1]; gives the order.
    probability : ndarray of float64, shape (n,)
        In [0, 1]; gives the level.

    Examples
    --------
    >>> in_order(np.array([0.1, 0.5, 0.9]), np.array([0.2, 0.4, 0.3])).round(2)
    array([0.2 , 0.35, 0.35])
    """
    if len(score) == 0:
        return np.empty(0)
    level = IsotonicRegression().fit_transform(score, probability)
    # Where the level stays the same, the score decides.
    return np.asarray(level + _TILT * (score - level))


ESTIMATOR = Ensemble
RECIPE = None
SUMMARY = "Rank average of models with different errors, as a probability."
