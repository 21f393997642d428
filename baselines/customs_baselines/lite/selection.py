"""Choosing the rules of a scorecard: one after the other, and all points again after each."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: A condition must apply to so many labelled declarations.
_FEWEST: Final = 10
#: Ridge penalty: imaginary evidence that a rule is worth nothing.
_PENALTY: Final = 5.0
#: Gain in log-likelihood (doubled) that a further rule must promise.
_LEAST_GAIN: Final = 2.0
_MOST_STEPS: Final = 20


def select_conditions(
    conditions: npt.NDArray[np.bool_], y: npt.NDArray[np.int8], n_most: int
) -> tuple[list[int], Floats]:
    """Select conditions greedily, by the score test of logistic regression.

    Parameters
    ----------
    conditions : ndarray of bool, shape (n_labelled, n_conditions)
    y : ndarray of int8, shape (n_labelled,)
        0 or 1.
    n_most : int
        Conditions to select at most.

    Returns
    -------
    chosen : list of int
        Columns of `conditions`, in the order of selection.
    weights : ndarray of float64, shape (1 + n_chosen,)
        Intercept, and the log-odds that each chosen condition adds.

    Notes
    -----
    With gradient g and curvature h of the log-likelihood for a condition that is not chosen, the
    gain is g^2 / (h + penalty). Ties go to the first condition.
    """
    table = conditions.astype(np.float64)
    eligible = conditions.sum(axis=0) >= _FEWEST
    base = float(y.mean())
    chosen: list[int] = []
    weights = np.array([np.log(base / (1 - base))])
    while len(chosen) < n_most and eligible.any():
        p = _probability(table[:, chosen], weights)
        gradient, curvature = table.T @ (y - p), table.T @ (p * (1 - p))
        gain = np.where(eligible, gradient**2 / (curvature + _PENALTY), 0.0)
        best = int(gain.argmax())
        if gain[best] < _LEAST_GAIN:
            break
        chosen.append(best)
        eligible[best] = False
        weights = _fit(table[:, chosen], y, np.append(weights, 0.0))
    return chosen, weights


def _probability(table: Floats, weights: Floats) -> Floats:
    p: Floats = 1 / (1 + np.exp(-(weights[0] + table @ weights[1:])))
    return p


def _fit(table: Floats, y: npt.NDArray[np.int8], weights: Floats) -> Floats:
    """Return the weights of a ridge logistic regression, by Newton's method."""
    design = np.column_stack([np.ones(len(table)), table])
    # The intercept is not shrunk; a little keeps the system solvable if all p are 0 or 1.
    penalty = np.append(1e-6, np.full(table.shape[1], _PENALTY))
    for _ in range(_MOST_STEPS):
        p = _probability(table, weights)
        gradient = design.T @ (p - y) + penalty * weights
        curvature = (design * (p * (1 - p))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-6:
            break
    return weights
