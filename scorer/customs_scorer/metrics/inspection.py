"""Opening the most suspicious declarations, and precision, recall and lift of what that finds.

With N declarations and an inspection rate r, the k = ceil(r * N) declarations with the highest
score are opened. Declarations that tie at the cut count as their expectation under random
tie-breaking, so neither the order of rows nor a constant score gains anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from customs_data.errors import KitError
from customs_data.exact_rates import exact_rate
from customs_scorer.metrics.gains import Gains, Part


def n_inspected(n_declarations: int, rate: float) -> int:
    """Number of declarations opened: ceil(rate * n_declarations), in exact arithmetic.

    Parameters
    ----------
    n_declarations : int
        Declarations of the period.
    rate : float
        Inspection rate in (0, 1]; 0.05 means exactly one in twenty.

    Examples
    --------
    0.07 * 100 is 7.000000000000001 in floating point, whose ceiling would be 8:

    >>> n_inspected(100, 0.07), n_inspected(8481, 0.05), n_inspected(1, 0.05)
    (7, 425, 1)
    """
    return ceil(exact_rate(rate, "inspection rate") * n_declarations)


@dataclass(frozen=True, eq=False)
class Opened:
    """The declarations that an inspection opens.

    Attributes
    ----------
    n_units : int
        Declarations of the period.
    k : int
        How many are opened.
    above : ndarray of intp
        Rows strictly above the cut, in ascending order; all are opened.
    tied : ndarray of intp
        Rows exactly at the cut; each is opened with the chance `tie_share`.
    """

    n_units: int
    k: int
    above: npt.NDArray[np.intp]
    tied: npt.NDArray[np.intp]

    @property
    def tie_share(self) -> Fraction:
        """Chance of a declaration at the cut to be opened, in (0, 1]."""
        return Fraction(self.k - len(self.above), len(self.tied))

    def gains(self, amounts: npt.NDArray[Any], weight: Fraction | int) -> Gains:
        """Return what opening them adds.

        Parameters
        ----------
        amounts : ndarray of bool or int64, shape (n_units,)
            What each declaration adds if it is opened, at least 0.
        weight : Fraction or int
            As in `Gains`.
        """
        parts = []
        for rows, share in ((self.above, Fraction(1)), (self.tied, self.tie_share)):
            adds = amounts[rows]
            chosen = adds.astype(bool)
            whole = None if adds.dtype == bool else adds[chosen].astype(np.int64)
            parts.append(Part(rows[chosen], whole, share))
        return Gains(self.n_units, Fraction(weight), tuple(parts))

    def chances(self) -> npt.NDArray[np.float64]:
        """Return the chance of each declaration to be opened, shape (n_units,); their sum is k."""
        chances = np.zeros(self.n_units)
        chances[self.above] = 1.0
        chances[self.tied] = (self.k - len(self.above)) / len(self.tied)
        return chances


def open_highest(fraud_score: npt.ArrayLike, rates: Sequence[float]) -> list[Opened]:
    """Open the k = ceil(rate * n_declarations) declarations with the highest score.

    Parameters
    ----------
    fraud_score : array_like of float, shape (n_declarations,)
        Finite; higher is more suspicious.
    rates : sequence of float
        Inspection rates in (0, 1], in any order; the scores are ranked once for all of them.

    Raises
    ------
    KitError
        If there is no declaration, a score is not finite, or a rate is out of range.

    Notes
    -----
    With a declarations above the cut and t tied at it, each of the t is opened with the chance
    (k - a) / t (McSherry and Najork, ECIR 2008).
    """
    scores = np.asarray(fraud_score)
    if scores.ndim != 1:
        raise KitError(f"fraud_score must be one-dimensional, but its shape is {scores.shape}.")
    if len(scores) == 0:
        raise KitError("There is no declaration to inspect.")
    if scores.dtype.kind not in "fiub" or not np.isfinite(scores).all():
        raise KitError("fraud_score must contain finite numbers only.")
    sizes = [n_inspected(len(scores), rate) for rate in rates]
    most = max(sizes)
    top = np.partition(scores, len(scores) - most)[len(scores) - most :]
    cuts = [np.partition(top, most - k)[most - k] for k in sizes]
    # Nothing below the lowest cut is opened at any rate.
    rows = np.flatnonzero(scores >= min(cuts))
    top = scores[rows]
    return [
        Opened(len(scores), k, rows[top > cut], rows[top == cut])
        for k, cut in zip(sizes, cuts, strict=True)
    ]


def gains_of(y_true: npt.ArrayLike, fraud_score: npt.ArrayLike, rate: float) -> Gains:
    """Return the gains of precision: each fraud that is opened adds 1 / k.

    Parameters and errors as `precision_at`.

    Examples
    --------
    Two of four are opened: row 0, and one of the rows 1 and 2 that tie.

    >>> gains = gains_of([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1], 0.5)
    >>> [(part.rows.tolist(), str(part.share)) for part in gains.parts], gains.exact
    ([([0], '1'), ([1], '1/2')], Fraction(3, 4))
    """
    labels = _check_labels(np.asarray(y_true), np.asarray(fraud_score))
    (opened,) = open_highest(fraud_score, [rate])
    return opened.gains(labels, opened.k)


def chance_of(y_true: npt.ArrayLike, rate: float) -> Gains:
    """Return the gains of a file of equal scores: a part of every fraud.

    Parameters and errors as `precision_at`.

    Examples
    --------
    >>> chance_of([1, 1, 0, 0], 0.5).exact
    Fraction(1, 2)
    """
    return gains_of(y_true, np.zeros(np.shape(y_true)), rate)


def _check_labels(labels: npt.NDArray[Any], scores: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return labels as booleans; refuse them unless each score has one 0 or 1."""
    if labels.ndim != 1 or labels.shape != scores.shape:
        raise KitError(
            "y_true and fraud_score must be one-dimensional and of the same length, but their "
            f"shapes are {labels.shape} and {scores.shape}."
        )
    if len(labels) == 0:
        raise KitError("There is no declaration to inspect.")
    if labels.dtype.kind in "biu":  # np.isin would take eight times the memory
        valid = labels.min() >= 0 and labels.max() <= 1
    else:
        valid = np.isin(labels, (0, 1)).all()
    if not valid:
        raise KitError("y_true must contain 0 and 1 only; leave unlabelled declarations out.")
    return labels.astype(bool, copy=False)


def precision_at(y_true: npt.ArrayLike, fraud_score: npt.ArrayLike, rate: float) -> float:
    """Share of fraud among the ceil(rate * n) declarations with the highest score.

    Parameters
    ----------
    y_true : array_like of int, shape (n_declarations,)
        1 = fraud, 0 = honest.
    fraud_score : array_like of float, shape (n_declarations,)
        Finite; higher is more suspicious. Ties at the cut count as their expectation.
    rate : float
        Inspection rate in (0, 1]: 0.05 for precision@5 %.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    KitError
        If shapes differ, there is no declaration, a label is neither 0 nor 1, a score is not
        finite, or the rate is out of range.

    References
    ----------
    Jeong et al., 'Customs Import Declaration Datasets', arXiv:2208.02484, section 5.2 (2022).

    Examples
    --------
    Two of four are opened: the highest (fraud), and one of two that tie (half of them fraud):
    (1 + 1 * 1 / 2) / 2 = 0.75.

    >>> precision_at([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1], 0.5)
    0.75
    """
    return gains_of(y_true, fraud_score, rate).value


def recall_at(y_true: npt.ArrayLike, fraud_score: npt.ArrayLike, rate: float) -> float:
    """Share of all fraud that is among the ceil(rate * n) highest scores.

    Parameters and errors as `precision_at`; NaN if there is no fraud at all.

    Examples
    --------
    (1 + 1 * 1 / 2) / 2 frauds = 0.75.

    >>> recall_at([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1], 0.5)
    0.75
    """
    return _per_fraud(y_true, fraud_score, rate, Fraction(1))


def lift_at(y_true: npt.ArrayLike, fraud_score: npt.ArrayLike, rate: float) -> float:
    """Precision over the base rate: how many times better than opening at random.

    Parameters and errors as `precision_at`; NaN if there is no fraud at all.

    Examples
    --------
    Precision 0.75 over a base rate of 0.5:

    >>> lift_at([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1], 0.5)
    1.5
    """
    n = max(np.size(y_true), 1)
    return _per_fraud(y_true, fraud_score, rate, Fraction(n_inspected(n, rate), n))


def _per_fraud(
    y_true: npt.ArrayLike, fraud_score: npt.ArrayLike, rate: float, weight: Fraction
) -> float:
    """Frauds opened, over `weight` times all frauds."""
    gains = gains_of(y_true, fraud_score, rate)
    n_fraud = int(np.count_nonzero(np.asarray(y_true)))
    return float(gains.total / (weight * n_fraud)) if n_fraud else float("nan")
