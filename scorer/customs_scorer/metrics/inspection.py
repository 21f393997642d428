"""The metric: precision, recall and lift of inspecting the most suspicious declarations.

With N declarations and an inspection rate r, the k = ceil(r * N) declarations with the highest
fraud score are opened. Declarations that tie at the cut count as their expectation under random
tie-breaking, so that neither the order of rows nor a constant score gains anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from customs_data.errors import KitError
from customs_data.exact_rates import exact_rate

#: The inspection rates teams are ranked on, in this order.
RANKED_RATES = (0.05, 0.10)


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


@dataclass(frozen=True)
class Inspection:
    """What opening the k most suspicious declarations finds.

    Attributes
    ----------
    n_declarations, n_positive : int
        All declarations, and how many of them are positive.
    k : int
        Declarations opened.
    n_above, n_positive_above : int
        Declarations strictly above the cut, and the positives among them.
    n_tied, n_positive_tied : int
        Declarations exactly at the cut, and the positives among them.
    """

    n_declarations: int
    n_positive: int
    k: int
    n_above: int
    n_positive_above: int
    n_tied: int
    n_positive_tied: int

    @property
    def _found_times_tied(self) -> int:
        # Expected positives found, times n_tied: an integer, so that each metric is one division
        # and a constant score gives the base rate exactly.
        slots = self.k - self.n_above
        return self.n_positive_above * self.n_tied + slots * self.n_positive_tied

    @property
    def precision(self) -> float:
        """Expected share of positives among the k opened."""
        return self._found_times_tied / (self.n_tied * self.k)

    @property
    def recall(self) -> float:
        """Expected share of all positives that are opened; NaN where there is none."""
        if self.n_positive == 0:
            return float("nan")
        return self._found_times_tied / (self.n_tied * self.n_positive)

    @property
    def lift(self) -> float:
        """Precision over the base rate; NaN where there is no positive."""
        if self.n_positive == 0:
            return float("nan")
        return (self._found_times_tied * self.n_declarations) / (
            self.n_tied * self.k * self.n_positive
        )


def inspect(y_true: npt.ArrayLike, fraud_score: npt.ArrayLike, rate: float) -> Inspection:
    """Open the k = ceil(rate * n_declarations) declarations with the highest score.

    Parameters
    ----------
    y_true : array_like of int or bool, shape (n_declarations,)
        1 (positive) or 0.
    fraud_score : array_like of float, shape (n_declarations,)
        Finite; higher is more suspicious.
    rate : float
        Inspection rate in (0, 1].

    Raises
    ------
    KitError
        If shapes differ, there is no declaration, a label is neither 0 nor 1, or a score is not
        finite.

    Notes
    -----
    With a declarations above the cut of which p_a are positive, and t tied at the cut of which p_t
    are, the expected number of positives found is p_a + (k - a) * p_t / t (McSherry and Najork,
    ECIR 2008).
    """
    return inspect_all([y_true], fraud_score, [rate])[0][0]


def inspect_all(
    y_true: Sequence[npt.ArrayLike], fraud_score: npt.ArrayLike, rates: Sequence[float]
) -> list[list[Inspection]]:
    """Inspect at several rates and count several kinds of positives, ranking the scores once.

    Parameters
    ----------
    y_true : sequence of array_like of int or bool, each of shape (n_declarations,)
        One array for each kind of positive (fraud, critical fraud).
    fraud_score : array_like of float, shape (n_declarations,)
        Finite; higher is more suspicious.
    rates : sequence of float
        Inspection rates in (0, 1], in any order.

    Returns
    -------
    list of list of Inspection
        One list for each kind of positive, one `Inspection` for each rate.

    Raises
    ------
    KitError
        As `inspect`.
    """
    scores = np.asarray(fraud_score)
    kinds = [_check_labels(np.asarray(labels), scores) for labels in y_true]
    if scores.dtype.kind not in "fiub" or not np.isfinite(scores).all():
        raise KitError("fraud_score must hold finite numbers only.")
    sizes = [n_inspected(len(scores), rate) for rate in rates]
    most = max(sizes)
    top = np.partition(scores, len(scores) - most)[len(scores) - most :]
    cuts = [np.partition(top, most - k)[most - k] for k in sizes]
    # Nothing below the lowest cut is opened at any rate.
    opened = np.flatnonzero(scores >= min(cuts))
    top = scores[opened]
    groups = [(top > cut, top == cut) for cut in cuts]
    return [
        [
            Inspection(
                n_declarations=len(scores),
                n_positive=int(np.count_nonzero(positive)),
                k=k,
                n_above=int(np.count_nonzero(above)),
                n_positive_above=int(np.count_nonzero(above & positive_top)),
                n_tied=int(np.count_nonzero(tied)),
                n_positive_tied=int(np.count_nonzero(tied & positive_top)),
            )
            for k, (above, tied) in zip(sizes, groups, strict=True)
        ]
        for positive, positive_top in ((positive, positive[opened]) for positive in kinds)
    ]


def _check_labels(labels: npt.NDArray[Any], scores: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Labels as booleans, refused where they are not one 0 or 1 for each score."""
    if labels.ndim != 1 or labels.shape != scores.shape:
        raise KitError(
            "y_true and fraud_score must be one-dimensional and of the same length, however: "
            f"{labels.shape} and {scores.shape}."
        )
    if len(labels) == 0:
        raise KitError("There must be at least one declaration to inspect, however: none came.")
    if labels.dtype.kind in "biu":  # np.isin would take eight times the memory
        sound = labels.min() >= 0 and labels.max() <= 1
    else:
        sound = np.isin(labels, (0, 1)).all()
    if not sound:
        raise KitError("y_true must hold 0 and 1 only; leave unlabelled declarations out.")
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
        As `inspect`.

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
    return inspect(y_true, fraud_score, rate).precision


def recall_at(y_true: npt.ArrayLike, fraud_score: npt.ArrayLike, rate: float) -> float:
    """Share of all fraud that stands among the ceil(rate * n) highest scores.

    Parameters and errors as `precision_at`; NaN if there is no fraud at all.

    Examples
    --------
    (1 + 1 * 1 / 2) / 2 frauds = 0.75.

    >>> recall_at([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1], 0.5)
    0.75
    """
    return inspect(y_true, fraud_score, rate).recall


def lift_at(y_true: npt.ArrayLike, fraud_score: npt.ArrayLike, rate: float) -> float:
    """Precision over the base rate: how many times better than opening at random.

    Parameters and errors as `precision_at`; NaN if there is no fraud at all.

    Examples
    --------
    Precision 0.75 over a base rate of 0.5:

    >>> lift_at([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1], 0.5)
    1.5
    """
    return inspect(y_true, fraud_score, rate).lift
