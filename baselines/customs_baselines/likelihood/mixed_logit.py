"""Logistic regression with a normal prior for every coefficient, and mistakes of the inspection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import expit

from customs_data.world.configuration import Inspection, Risk

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_MOST_STEPS = 80  # of conjugate gradients, per step of Newton's method
_CLOSE = 0.02  # share of the gradient that may be left
_SMALL_STEP = 0.01  # log-odds
_LONGEST_STEP = 4.0
_GRID = np.linspace(-6.0, 7.0, 27)  # log-odds of an importer


@dataclass(frozen=True)
class Labels:
    """How labels follow from cheating: some cheats are missed, some honest rows accused."""

    missed: float
    accused: float

    @classmethod
    def of(cls, inspection: Inspection) -> Labels:
        """Return the settings' shares."""
        return cls(inspection.missed_share, inspection.accused_share)

    def fraud(self, log_odds: FloatArray) -> FloatArray:
        """Return the probability of a label 1, in the shape of `log_odds`."""
        spread = 1.0 - self.missed - self.accused
        return np.asarray(self.accused + spread * expit(log_odds))

    def evidence(self, y: NDArray[np.int8]) -> FloatArray:
        """Return ln of P(label | cheat) / P(label | honest), 0 without a label; shape of `y`."""
        fraud = np.log((1.0 - self.missed) / self.accused)
        honest = np.log(self.missed / (1.0 - self.accused))
        return np.select([y == 1, y == 0], [fraud, honest], 0.0)

    def slope(self, log_odds: FloatArray) -> FloatArray:
        """Return the derivative of `fraud`."""
        cheats = expit(log_odds)
        return np.asarray((1.0 - self.missed - self.accused) * cheats * (1.0 - cheats))


def fit_coefficients(
    columns: csr_matrix,
    y: FloatArray,
    weight: FloatArray,
    labels: Labels,
    mean: FloatArray,
    precision: FloatArray,
    start: FloatArray,
    n_steps: int,
) -> FloatArray:
    """Return the most likely coefficients, by Newton's method with conjugate gradients.

    Parameters
    ----------
    columns : csr_matrix, shape (n_rows, n_columns)
    y, weight : float64 arrays, shape (n_rows,)
        Labels 0 and 1, and how much each row counts.
    labels : Labels
    mean, precision, start : float64 arrays, shape (n_columns,)
        Normal prior, and where to start.
    n_steps : int
        Most steps of Newton's method.

    Returns
    -------
    float64 array, shape (n_columns,)
    """
    transposed = csr_matrix(columns.T)
    squared = csr_matrix(columns.multiply(columns).T)
    coefficient = start.copy()
    for _ in range(n_steps):
        log_odds = columns @ coefficient
        p, slope = labels.fraud(log_odds), labels.slope(log_odds)
        spread = np.maximum(p * (1.0 - p), 1e-12)
        curvature = weight * slope * slope / spread
        gradient = transposed @ (weight * (y - p) * slope / spread)
        gradient = gradient - precision * (coefficient - mean)
        scale = squared @ curvature + precision
        step, rest = np.zeros_like(gradient), gradient
        scaled = rest / scale
        direction, size = scaled, float(rest @ scaled)
        enough = _CLOSE**2 * size
        for _ in range(_MOST_STEPS):
            if size <= enough:
                break
            bent = transposed @ (curvature * (columns @ direction)) + precision * direction
            length = size / float(direction @ bent)
            step = step + length * direction
            rest = rest - length * bent
            scaled = rest / scale
            size, before = float(rest @ scaled), size
            direction = scaled + size / before * direction
        longest = float(np.abs(step).max(initial=0.0))
        coefficient = coefficient + step * min(1.0, _LONGEST_STEP / max(longest, 1e-9))
        if longest < _SMALL_STEP:
            break
    return coefficient


@dataclass(frozen=True)
class ImporterPrior:
    """Own log-odds of importers: normal, or that of a repeat offender.

    Attributes
    ----------
    variance : float64 array, shape (n_importers,)
    risk : Risk
    """

    variance: FloatArray
    risk: Risk

    def _weigh(self) -> tuple[FloatArray, FloatArray]:
        """Return prior weights of `_GRID` for repeat offenders and for others."""
        share, shift = self.risk.repeat_share, self.risk.repeat_log_odds
        variance = self.variance[:, None]
        repeats = share * np.exp(-0.5 * (_GRID - shift) ** 2 / variance)
        return repeats + 1e-300, (1.0 - share) * np.exp(-0.5 * _GRID**2 / variance) + 1e-300

    def after(
        self,
        importer: IntArray,
        log_odds: FloatArray,
        evidence: FloatArray,
        weight: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Return what labels and forms say of importers.

        Parameters
        ----------
        importer, log_odds, evidence, weight : arrays, shape (n_rows,)
            Declarations; `log_odds` without the importer's own, `evidence` as of `Labels`.

        Returns
        -------
        belief : float64 array, shape (n_importers, n_points)
            Posterior on a grid of log-odds.
        repeats : float64 array, shape (n_importers,)
            Posterior probability of a repeat offender.
        """
        repeat, other = self._weigh()
        n, n_rows = len(self.variance), len(importer)
        likelihood = weight[:, None] * np.log(_weigh_points(log_odds, evidence))
        place = (importer, np.arange(n_rows))
        sums = csr_matrix((np.ones(n_rows), place), shape=(n, n_rows))
        belief = np.log(repeat + other) + sums @ likelihood
        belief = np.exp(belief - belief.max(axis=1, keepdims=True))
        belief /= belief.sum(axis=1, keepdims=True)
        return belief, np.asarray((belief * repeat / (repeat + other)).sum(axis=1))


def expect_fraud(
    belief: FloatArray,
    importer: IntArray,
    log_odds: FloatArray,
    own: FloatArray,
    labels: Labels,
) -> FloatArray:
    """Return the probability of a label 1, over what is believed of the importer; shape (n,).

    `own` is the evidence of each form, shape (n,), which is taken out of the belief.
    """
    p = np.empty(len(log_odds))
    for start in range(0, len(p), 8192):
        rows = slice(start, start + 8192)
        fraud = labels.fraud(log_odds[rows, None] + _GRID)
        others = belief[importer[rows]] / _weigh_points(log_odds[rows], own[rows])
        p[rows] = (others * fraud).sum(axis=1) / others.sum(axis=1)
    return p


def _weigh_points(log_odds: FloatArray, evidence: FloatArray) -> FloatArray:
    """Return the likelihood of evidence on the grid of importers' log-odds, (n_rows, n_points).

    That of an honest declaration is 1.
    """
    cheats = expit(log_odds[:, None] + _GRID)
    return np.asarray(1.0 + cheats * np.expm1(evidence)[:, None])
