"""Check whether scores that claim to be probabilities are."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.errors import KitError
from customs_data.proportions import add_share
from customs_scorer.metrics.inspection import gains_of

#: Groups of declarations behind the expected calibration error.
N_GROUPS: Final = 15


def calibration_table(
    y_true: npt.ArrayLike, fraud_score: npt.ArrayLike, n_bins: int = 10
) -> pd.DataFrame:
    """Mean score against fraud rate in bins of equally many declarations.

    Only probabilities can be calibrated: a submission needs nothing but an order, and scores of
    another scale, though in [0, 1], may rank well and be far from any probability.

    Parameters
    ----------
    y_true : array_like of int, shape (n_declarations,)
        1 = fraud, 0 = honest.
    fraud_score : array_like of float, shape (n_declarations,)
        In [0, 1].
    n_bins : int
        At least 1. Equal scores stay in one bin, so that ties make fewer and unequal bins.

    Returns
    -------
    DataFrame
        One row per bin, lowest scores first: n_declarations, lowest_score, highest_score,
        mean_score, n_fraud, fraud_rate, fraud_rate_low, fraud_rate_high (95 % interval).

    Raises
    ------
    KitError
        If the scores are no probabilities; otherwise as `precision_at`.

    Examples
    --------
    >>> table = calibration_table([0, 0, 1, 1], [0.1, 0.3, 0.6, 0.8], n_bins=2)
    >>> table[["n_declarations", "mean_score", "fraud_rate"]].values.tolist()
    [[2.0, 0.2, 0.0], [2.0, 0.7, 1.0]]
    """
    labels, scores = np.asarray(y_true), np.asarray(fraud_score)
    gains_of(labels, scores, 1.0)  # refuses what cannot be scored
    if n_bins < 1:
        raise KitError(f"A calibration needs at least one bin, not {n_bins}.")
    if not are_probabilities(scores):
        raise KitError(
            "Only probabilities in [0, 1] can be calibrated, but these scores reach from "
            f"{scores.min():g} to {scores.max():g}."
        )
    edges = np.quantile(scores, np.arange(1, n_bins) / n_bins, method="inverted_cdf")
    rows = pd.DataFrame(
        {
            "bin": np.searchsorted(np.unique(edges), scores, side="left"),
            "score": scores.astype(np.float64),
            "fraud": labels.astype(np.int64),
        }
    )
    table = rows.groupby("bin").agg(
        n_declarations=("score", "size"),
        lowest_score=("score", "min"),
        highest_score=("score", "max"),
        mean_score=("score", "mean"),
        n_fraud=("fraud", "sum"),
    )
    add_share(table, "fraud_rate", "n_fraud", "n_declarations")
    return table.reset_index(drop=True)


def calibration_error(y_true: npt.ArrayLike, fraud_score: npt.ArrayLike) -> float:
    """Return the expected calibration error: how far scores are from being probabilities.

    The declarations are divided into fifteen groups of equal size by their score. The error is the
    mean over groups, weighted by size, of the distance between mean score and fraud rate. Even true
    probabilities have a small one, by chance: about .01 for 8,000 declarations.

    Parameters
    ----------
    y_true, fraud_score : array_like, shape (n_declarations,)
        As for `calibration_table`, whose errors this function raises, too.

    References
    ----------
    Naeini, Cooper, Hauskrecht (2015), 'Obtaining Well Calibrated Probabilities Using Bayesian
    Binning', AAAI.

    Examples
    --------
    >>> calibration_error([0, 0, 1, 1], [0.1, 0.3, 0.6, 0.8])
    0.25
    """
    table = calibration_table(y_true, fraud_score, N_GROUPS)
    distance = (table["mean_score"] - table["fraud_rate"]).abs()
    return float(np.average(distance, weights=table["n_declarations"]))


def are_probabilities(scores: npt.NDArray[Any]) -> bool:
    """Whether all scores lie in [0, 1]."""
    return bool(((scores >= 0) & (scores <= 1)).all())
