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
    threshold = max(candidates, key=lambda t: _separation(without[:half], with_[:half], t, delta))
    errors = (1.0 - confidence) / 2.0
    n = len(without) - half, len(with_) - half
    false = int((without[half:] > threshold).sum())
    true = int((with_[half:] > threshold).sum())
    return max(
        _log_ratio(_low(true, n[1], errors) - delta, _high(false, n[0], errors)),
        _log_ratio(_low(n[0] - false, n[0], errors) - delta, _high(n[1] - true, n[1], errors)),
        0.0,
    )


_QUANTILES: Final = np.linspace(0.005, 0.995, 199)


def _separation(without: FloatArray, with_: FloatArray, threshold: float, delta: float) -> float:
    """Return epsilon as it seems at a threshold; rates count one more error than there was."""
    false = (float((without > threshold).sum()) + 1.0) / (len(without) + 1.0)
    missed = (float((with_ <= threshold).sum()) + 1.0) / (len(with_) + 1.0)
    return max(_log_ratio(1.0 - missed - delta, false), _log_ratio(1.0 - false - delta, missed))


def _log_ratio(numerator: float, denominator: float) -> float:
    return log(numerator / denominator) if numerator > 0.0 else 0.0


def _low(hits: int, n: int, error: float) -> float:
    return float(beta.ppf(error, hits, n - hits + 1)) if hits else 0.0


def _high(hits: int, n: int, error: float) -> float:
    return float(beta.ppf(1.0 - error, hits + 1, n - hits)) if hits < n else 1.0
