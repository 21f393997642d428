"""Logistic regression with a normal prior for every coefficient, and mistakes of the inspection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import expit, logit

from customs_data.world.configuration import Inspection, Risk

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_MOST_STEPS = 80  # of conjugate gradients, per step of Newton's method
_CLOSE = 0.02  # share of the gradient that may be left
_SMALL_STEP = 0.01  # log-odds
_LONGEST_STEP = 4.0
_LEAST_CHANCE = 1e-6  # of cheating
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

    def update(self, p: FloatArray, evidence: FloatArray) -> FloatArray:
        """Return the probability of a label 1 after more evidence, in the shape of `p`.

        Parameters
        ----------
        p : float64 array
            Probability of a label 1 before.
        evidence : float64 array, shape of `p`
            Ln of P(what is seen | cheat) / P(the same | honest).
        """
        cheats = (p - self.accused) / (1.0 - self.missed - self.accused)
        return self.fraud(logit(np.clip(cheats, _LEAST_CHANCE, 1.0 - _LEAST_CHANCE)) + evidence)

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
        y: FloatArray,
        weight: FloatArray,
        labels: Labels,
    ) -> tuple[FloatArray, FloatArray]:
        """Return what labelled rows say of their importers.

        Parameters
        ----------
        importer, log_odds, y, weight : arrays, shape (n_rows,)
            Labelled declarations; `log_odds` without the importer's own.
        labels : Labels

        Returns
        -------
        belief : float64 array, shape (n_importers, n_points)
            Posterior on a grid of log-odds.
        repeats : float64 array, shape (n_importers,)
            Posterior probability of a repeat offender.
        """
        repeat, other = self._weigh()
        fraud = labels.fraud(log_odds[:, None] + _GRID)
        likelihood = weight[:, None] * np.log(np.where(y[:, None] == 1, fraud, 1.0 - fraud))
        n = len(self.variance)
        sums = csr_matrix((np.ones(len(y)), (importer, np.arange(len(y)))), shape=(n, len(y)))
        belief = np.log(repeat + other) + sums @ likelihood
        belief = np.exp(belief - belief.max(axis=1, keepdims=True))
        belief /= belief.sum(axis=1, keepdims=True)
        return belief, np.asarray((belief * repeat / (repeat + other)).sum(axis=1))


def expect_fraud(
    belief: FloatArray, importer: IntArray, log_odds: FloatArray, labels: Labels
) -> FloatArray:
    """Return the probability of a label 1, over what is believed of the importer; shape (n,)."""
    p = np.empty(len(log_odds))
    for start in range(0, len(p), 8192):
        rows = slice(start, start + 8192)
        fraud = labels.fraud(log_odds[rows, None] + _GRID)
        p[rows] = (belief[importer[rows]] * fraud).sum(axis=1)
    return p
