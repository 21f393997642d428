"""Audit a mechanism from outside: how large epsilon must be, given what many runs showed."""

from __future__ import annotations

from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

FloatArray = NDArray[np.float64]

_CONFIDENCE: Final = 0.95


def bound_epsilon_below(
    without: FloatArray, with_: FloatArray, delta: float, confidence: float = _CONFIDENCE
) -> float:
    """Return a lower bound on epsilon.

    Parameters
    ----------
    without, with_ : float64 arrays, shape (n_runs,)
        A number computed from each run's output, without and with one importer: best the logarithm
        of the ratio of likelihoods, larger with the importer.
    delta : float
        Stated delta.
    confidence : float
        Probability that the true epsilon is not below the bound.

    Returns
    -------
    float
        0 or more; a mechanism that states less is broken.

    Notes
    -----
    The first half of the runs chooses a threshold, the second half bounds the rates of both errors
    (Clopper & Pearson). With a false positive rate a and a true positive rate b, privacy needs
    ``b <= e^epsilon a + delta``, and the same for the complements.

    References
    ----------
    Jagielski, Ullman & Oprea, Auditing differentially private machine learning, NeurIPS 2020.
    """
    half = min(len(without), len(with_)) // 2
    candidates = np.quantile(np.concatenate([without[:half], with_[:half]]), _QUANTILES)
    errors = (1.0 - confidence) / 2.0
    # By the bound and not by the rates alone: at an extreme threshold they are few runs' luck.
    threshold = max(
        candidates, key=lambda t: _bound(without[:half], with_[:half], t, delta, errors)
    )
    return max(_bound(without[half:], with_[half:], threshold, delta, errors), 0.0)


_QUANTILES: Final = np.linspace(0.005, 0.995, 199)


def _bound(
    without: FloatArray, with_: FloatArray, threshold: float, delta: float, errors: float
) -> float:
    """Return the lower bound on epsilon that the rates of both errors at a threshold give."""
    n, m = len(without), len(with_)
    false, true = int((without > threshold).sum()), int((with_ > threshold).sum())
    return max(
        _log_ratio(_low(true, m, errors) - delta, _high(false, n, errors)),
        _log_ratio(_low(n - false, n, errors) - delta, _high(m - true, m, errors)),
    )


def _log_ratio(numerator: float, denominator: float) -> float:
    return log(numerator / denominator) if numerator > 0.0 else 0.0


def _low(hits: int, n: int, error: float) -> float:
    return float(beta.ppf(error, hits, n - hits + 1)) if hits else 0.0


def _high(hits: int, n: int, error: float) -> float:
    return float(beta.ppf(1.0 - error, hits + 1, n - hits)) if hits < n else 1.0
