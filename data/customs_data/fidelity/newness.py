"""New-row synthesis: the share of synthetic rows that no source row matches."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from customs_data.fidelity.metrics import Codes, Floats

#: How near two numbers must be to match, as a share of the source's range (paper, section 5).
TOLERANCE: Final = 0.01
# Groups are kept apart by more than any distance that counts.
_APART: Final = 4.0


def new_row_synthesis(
    source: tuple[Codes, Floats], synthetic: tuple[Codes, Floats], tolerance: float = TOLERANCE
) -> float:
    """Share of synthetic rows that match no source row.

    Parameters
    ----------
    source, synthetic : (ndarray of int64, shape (n,), ndarray of float64, shape (n, n_numbers))
        Of each table: one code for the combination of all its categories, and its numbers.
    tolerance : float
        Two numbers match if they differ by no more than this share of the source's range; of a
        column that is constant in the source, only if they are equal.

    Returns
    -------
    float
        In [0, 1]; 1 if every row is new.

    Notes
    -----
    Rows are matched within equal categories. A tree over numbers in units of their tolerance, with
    the category as one more coordinate, finds the nearest in the maximum norm: n log n, where the
    definition read literally compares all pairs.

    References
    ----------
    Jeong et al., arXiv:2208.02484, section 5: within 1 % after min-max scaling.

    Examples
    --------
    The range is 100, so 1 is near enough and 1.5 is not; the third row has another category.

    >>> source = np.array([7, 7]), np.array([[0.0], [100.0]])
    >>> synthetic = np.array([7, 7, 8]), np.array([[1.0], [98.5], [0.0]])
    >>> round(new_row_synthesis(source, synthetic), 3)
    0.667
    """
    return float((~find_matches(source, synthetic, tolerance)).mean())


def find_matches(
    source: tuple[Codes, Floats], synthetic: tuple[Codes, Floats], tolerance: float = TOLERANCE
) -> npt.NDArray[np.bool_]:
    """Whether a source row matches each synthetic row, shape (n_synthetic,)."""
    (groups, numbers), (synthetic_groups, synthetic_numbers) = source, synthetic
    span = numbers.max(axis=0) - numbers.min(axis=0)
    scale = np.where(span > 0, span * tolerance, 1.0)
    # A column without a range must be equal: what differs is moved out of reach.
    constant = span == 0
    off = (synthetic_numbers[:, constant] != numbers[0, constant]).any(axis=1)
    shared = np.isin(synthetic_groups, groups)
    tried = np.flatnonzero(shared & ~off)
    if not len(tried):
        return np.zeros(len(synthetic_groups), dtype=bool)
    kept = np.isin(groups, synthetic_groups[tried])
    tree = cKDTree(_points(groups[kept], numbers[kept] / scale), balanced_tree=False)
    points = _points(synthetic_groups[tried], synthetic_numbers[tried] / scale)
    # Strictly less than the bound is found; a difference of exactly the tolerance counts.
    distance, _ = tree.query(points, p=np.inf, distance_upper_bound=1 + 1e-9)
    matched = np.zeros(len(synthetic_groups), dtype=bool)
    matched[tried] = np.isfinite(distance)
    return matched


def _points(groups: Codes, scaled: Floats) -> Floats:
    return np.column_stack([groups * _APART, scaled])
