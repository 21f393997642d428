"""Violations as classes: 0 is none, 1 .. 7 are the violations, -1 is not known."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from customs_data.schema import ERASED
from customs_data.tasks.scheme import VIOLATIONS

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]

#: Classes, none among them.
N_CLASSES: Final = len(VIOLATIONS) + 1


def as_fraud(y: Labels) -> Labels:
    """Return whether there is any violation, shape (n,): 1, 0, or -1 where it is not known.

    Examples
    --------
    >>> as_fraud(np.array([0, 5, -1], dtype=np.int8)).tolist()
    [0, 1, -1]
    """
    return np.where(y > 0, 1, y).astype(np.int8)


def as_one(y: Labels, violation: int) -> Labels:
    """Return whether a violation is this one, shape (n,): 1, 0, or -1 for all that have none.

    Examples
    --------
    >>> as_one(np.array([0, 5, 2, -1], dtype=np.int8), 5).tolist()
    [-1, 1, 0, -1]
    """
    return np.where(y > 0, y == violation, ERASED).astype(np.int8)


def in_columns(classes: npt.NDArray[np.integer], proba: Floats) -> Floats:
    """Return probabilities with a column for each class, shape (n, 8); 0 for those not learned.

    Parameters
    ----------
    classes : ndarray of int, shape (n_learned,)
        Class of each column of `proba`.
    proba : float64 array, shape (n, n_learned)
    """
    columns = np.zeros((len(proba), N_CLASSES))
    columns[:, classes] = proba
    return columns


def split_by_mix(fraud: Floats, mix: Floats) -> Floats:
    """Return the probability of each class, shape (n, 8).

    Parameters
    ----------
    fraud : float64 array, shape (n,)
        Probability of any violation.
    mix : float64 array, shape (n, 7)
        Probability of each violation, if there is one.
    """
    return np.column_stack([1.0 - fraud, fraud[:, None] * mix])
