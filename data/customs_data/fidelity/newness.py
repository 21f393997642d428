"""New-row synthesis: the share of synthetic rows without a matching source row."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from customs_data.fidelity.metrics import Codes, Floats

#: Largest difference of matching numbers, as a share of the source's range (paper, section 5).
TOLERANCE: Final = 0.01
# Distance between groups, larger than any that matches.
_APART: Final = 4.0


def new_row_synthesis(
    source: tuple[Codes, Floats], synthetic: tuple[Codes, Floats], tolerance: float = TOLERANCE
) -> float:
    """Return the share of synthetic rows that match no source row.

    Parameters
    ----------
    source, synthetic : (ndarray of int64, shape (n,), ndarray of float64, shape (n, n_numbers))
        Code of the combination of all categories, and numbers, of each table.
    tolerance : float
        Largest difference of matching numbers, as a share of the source's range. Numbers of a
        column that is constant in the source match only if they are equal.

    Returns
    -------
    float
        In [0, 1]; 1 if every row is new.

    Notes
    -----
    Rows match within equal categories. A tree over numbers in units of their tolerance, with the
    category as a further coordinate, finds the nearest row in the maximum norm. That takes n log n
    steps instead of comparing all pairs.

    References
    ----------
    Jeong et al., arXiv:2208.02484, section 5: within 1 % after min-max scaling.

    Examples
    --------
    The range is 100, so a difference of 1 matches and 1.5 does not. The third row has another
    category.

    >>> source = np.array([7, 7]), np.array([[0.0], [100.0]])
    >>> synthetic = np.array([7, 7, 8]), np.array([[1.0], [98.5], [0.0]])
    >>> round(new_row_synthesis(source, synthetic), 3)
    0.667
    """
    return float((~find_matches(source, synthetic, tolerance)).mean())


def find_matches(
    source: tuple[Codes, Floats], synthetic: tuple[Codes, Floats], tolerance: float = TOLERANCE
) -> npt.NDArray[np.bool_]:
    """Return whether a source row matches each synthetic row, shape (n_synthetic,)."""
    (groups, numbers), (synthetic_groups, synthetic_numbers) = source, synthetic
    span = numbers.max(axis=0) - numbers.min(axis=0)
    scale = np.where(span > 0, span * tolerance, 1.0)
    # Numbers of a constant column must be equal.
    constant = span == 0
    off = (synthetic_numbers[:, constant] != numbers[0, constant]).any(axis=1)
    shared = np.isin(synthetic_groups, groups)
    candidates = np.flatnonzero(shared & ~off)
    matches = np.zeros(len(synthetic_groups), dtype=bool)
    if not len(candidates):
        return matches
    relevant = np.isin(groups, synthetic_groups[candidates])
    tree = cKDTree(_points(groups[relevant], numbers[relevant] / scale), balanced_tree=False)
    points = _points(synthetic_groups[candidates], synthetic_numbers[candidates] / scale)
    # The bound is exclusive, but a difference of exactly the tolerance matches.
    distance, _ = tree.query(points, p=np.inf, distance_upper_bound=1 + 1e-9)
    matches[candidates] = np.isfinite(distance)
    return matches


def _points(groups: Codes, scaled: Floats) -> Floats:
    return np.column_stack([groups * _APART, scaled])
