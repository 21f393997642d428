"""Calibration: scores become probabilities, and their order stays as it is.

A model that fits its training rows too closely is too sure of itself, and one like AdaBoost says
little more than which score is higher. How far its scores are from probabilities is seen on rows of
another time than those it learned from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit, logit

from customs_baselines.features.folds import divide

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

_N_STRETCHES: Final = 3
_PRIOR: Final = 0.5  # standard deviation of intercept and log-slope, whose means are 0: no change
_EDGE: Final = 1e-6  # scores are drawn in by this, so that 0 and 1 have log-odds, too


@dataclass(frozen=True)
class Calibration:
    """A map of scores to probabilities: logit p = intercept + slope x logit score, slope > 0.

    Attributes
    ----------
    intercept, slope : float
        0 and 1 change nothing (but for the edges 0 and 1).

    References
    ----------
    Platt (1999), 'Probabilistic Outputs for Support Vector Machines', in Advances in Large Margin
    Classifiers.
    """

    intercept: float = 0.0
    slope: float = 1.0

    @classmethod
    def fit(cls, score: Floats, y: npt.NDArray[np.int8]) -> Self:
        """Return the most probable map; with few rows it is near the one that changes nothing.

        Parameters
        ----------
        score : ndarray of float64, shape (n_rows,)
            In [0, 1], of rows that the model did not learn from.
        y : ndarray of int8, shape (n_rows,)
            1 = fraud, 0 = honest.
        """
        log_odds, fraud = _log_odds(score), y.astype(np.float64)

        def loss(at: Floats) -> tuple[float, Floats]:
            intercept, log_slope = at
            margin = intercept + np.exp(log_slope) * log_odds
            distance = expit(margin) - fraud
            moved = margin - intercept
            value = np.logaddexp(0.0, margin).sum() - fraud @ margin
            value += (intercept**2 + log_slope**2) / (2 * _PRIOR**2)
            gradient = np.array([distance.sum(), distance @ moved]) + at / _PRIOR**2
            return float(value), gradient

        intercept, log_slope = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B").x
        return cls(float(intercept), float(np.exp(log_slope)))

    def apply(self, score: Floats) -> Floats:
        """Return probabilities in the order of the scores, ties and no others among them, (n,)."""
        values, places = np.unique(score, return_inverse=True)
        mapped = expit(self.intercept + self.slope * _log_odds(values))
        mapped = np.minimum(mapped, 1 - _EDGE)
        # Two neighbouring numbers may become one: then the second is made a hair larger.
        while (tied := np.flatnonzero(np.diff(mapped) <= 0)).size:
            mapped[tied + 1] = np.nextafter(mapped[tied], 1.0)
        return np.asarray(mapped[places])


def learn_calibration(
    score_others: Callable[[Rows, Rows], Floats],
    X: pd.DataFrame,
    y: npt.NDArray[np.int8],
    most_rows: int,
    random_state: int = 0,
) -> Calibration | None:
    """Learn a calibration from labelled rows, each scored by a model of other stretches of time.

    One stretch alone would not do: in the latest one, models that read dates and numbers of
    importers may be off by .1 on average, in either direction.

    Parameters
    ----------
    score_others : callable
        Takes the rows to learn from and the rows to score, ndarrays of int64, and returns scores of
        the latter, float64.
    X : DataFrame, shape (n_train, any)
        Dates, in any order.
    y : ndarray of int8, shape (n_train,)
        1 = fraud, 0 = honest, -1 = unlabelled.
    most_rows : int
        Rows that a model learns from and scores, at most. From too few, it is surer of itself than
        one of all rows.
    random_state : int
        Seed of the rows.

    Returns
    -------
    Calibration or None
        None if no stretch can be scored by a model of both classes.
    """
    labelled = np.flatnonzero(y >= 0)
    stretch = divide(X, y, _N_STRETCHES, random_state).find(X)[labelled]
    rng = np.random.default_rng(random_state)
    scores, scored = [], []
    for number in range(_N_STRETCHES):
        others, own = (
            _draw(labelled[rows], most_rows, rng) for rows in (stretch != number, stretch == number)
        )
        if len(own) and len(np.unique(y[others])) == 2:
            scores.append(score_others(others, own))
            scored.append(own)
    return Calibration.fit(np.concatenate(scores), y[np.concatenate(scored)]) if scored else None


def _draw(rows: Rows, most: int, rng: np.random.Generator) -> Rows:
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))


def _log_odds(score: Floats) -> Floats:
    return np.asarray(logit(_EDGE + (1 - 2 * _EDGE) * score))
