"""Deviation of a number from the norm of the declaration's goods."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from customs_data.columns.grouping import Declarations, Grouping, group_sums

# From coarse to fine: each level's mean is shrunk towards that of the level before it.
NORM_LEVELS: tuple[tuple[str, ...], ...] = (
    ("Chapter",),
    ("Heading",),
    ("HS6 Code",),
    ("HS6 Code", "Country of Origin"),
)
_SHRINKAGE = 4.0  # imaginary declarations of the coarser level's mean

Floats = npt.NDArray[np.float64]


def norms_of_goods(
    mean: float, levels: Iterable[tuple[npt.NDArray[Any], npt.NDArray[Any]]]
) -> list[Floats]:
    """Return the norm of each row at each level, shrunk from HS6 and origin up to the chapter.

    Parameters
    ----------
    mean : float
        Mean of the number over all declarations.
    levels : iterable of (ndarray, ndarray) of shape (n_rows,) each
        By level of `NORM_LEVELS`: number and sum of the declarations that each row is compared
        with. They must not contain the row itself: otherwise a rare product's only declaration
        would always be normal in training and never later.
    """
    norm, norms = np.asarray(mean), []
    for count, total in levels:
        norm = (total + _SHRINKAGE * norm) / (count + _SHRINKAGE)
        norms.append(norm)
    return norms


def deviations_from_others(X: Declarations, values: Floats) -> Floats:
    """Return each row's deviation from the HS6 norm of all others, shape (n_rows,)."""
    levels = []
    for key in NORM_LEVELS[: NORM_LEVELS.index(("HS6 Code",)) + 1]:
        grouping = Grouping(key)
        group = grouping.fit(X)
        own = group >= 0
        count = group_sums(group, grouping.n_groups)[group] - own
        total = group_sums(group, grouping.n_groups, values)[group] - own * values
        levels.append((count, total))
    return np.asarray(values - norms_of_goods(float(values.mean()), levels)[-1])
