"""Folds of the labelled rows, for features that must not read a row's own label."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def draw_folds(y: npt.NDArray[np.int8], n_folds: int, random_state: int) -> npt.NDArray[np.int64]:
    """Return the fold of each row, shape (n_rows,): 0 .. n_folds - 1, -1 without a label.

    Parameters
    ----------
    y : ndarray of int8, shape (n_rows,)
        1 = fraud, 0 = honest, -1 = unlabelled.
    n_folds : int
        Number of folds, as equal in size as possible.
    random_state : int
        Seed of the draw.

    Examples
    --------
    >>> fold = draw_folds(np.array([1, -1, 0, 0, 1], dtype=np.int8), 2, 0)
    >>> int(fold[1]), np.bincount(fold[fold >= 0]).tolist()
    (-1, [2, 2])
    """
    fold = np.full(len(y), -1, dtype=np.int64)
    shuffled = np.random.default_rng(random_state).permutation(np.flatnonzero(y >= 0))
    fold[shuffled] = np.arange(len(shuffled)) % n_folds
    return fold
