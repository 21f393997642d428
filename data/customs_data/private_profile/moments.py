"""Bounded contributions to sums of logarithms and of their squares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from customs_data.private_profile.contributions import Contributions

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Numbers whose logarithms are summed: of the mass, and of the price per kg.
NUMBERS: Final = ("Net Mass", "Item Price")
#: Weight of the squares among the sums.
SQUARES: Final = 0.35
#: Longest vector of all sums that one declaration has; longer ones are shortened.
LONGEST: Final = 3.5
# Rounding of floating-point numbers stays within the bound.
_JUST_BELOW: Final = 1.0 - 1e-9
#: Lowest logarithm and width of the classes of the histograms of masses and unit prices.
MASS_CLASSES: Final = (float(np.log(1e-3)), 0.25, 112)
PRICE_CLASSES: Final = (float(np.log(1e-2)), 0.25, 112)


def n_sums(n_numbers: int) -> int:
    """Return the sums per cell: 1, standardized logarithms, and their squares less 1."""
    return 1 + 2 * n_numbers


def logarithms(contributions: Contributions) -> tuple[dict[str, FloatArray], NDArray[np.bool_]]:
    """Return ln(kg) and ln(KRW per kg) by `NUMBERS`, and where both exist.

    All arrays have the shape (n_declarations,). Absent numbers are 1 everywhere, so without masses
    the price per kg is that of the item.
    """
    valid = (contributions.mass > 0) & (contributions.price > 0)
    mass = np.log(np.where(valid, contributions.mass, 1.0))
    price = np.log(np.where(valid, contributions.price, 1.0)) - mass
    return {"Net Mass": mass, "Item Price": price}, valid


def classes_of(values: FloatArray, classes: tuple[float, float, int]) -> IntArray:
    """Return the class of each logarithm; those beyond the ends are in the first or last."""
    low, width, n = classes
    return np.clip(np.floor((values - low) / width), 0, n - 1).astype(np.int64)


def middles(classes: tuple[float, float, int]) -> FloatArray:
    """Return the middle of each class."""
    low, width, n = classes
    return np.asarray(low + width * (np.arange(n) + 0.5), dtype=np.float64)


def sum_moments(
    numbers: Sequence[FloatArray], place: IntArray, weight: IntArray, n_cells: int
) -> IntArray:
    """Add up ones, numbers and their squares by cell.

    Parameters
    ----------
    numbers : sequence of float64 array, shape (n,)
        Standardized logarithms.
    place : int64 array, shape (n,)
        Cell of each declaration; -1 does not count.
    weight : int64 array, shape (n,)
        Units of a declaration.

    Returns
    -------
    ndarray of int64, shape (n_cells, n_sums(n_numbers))
        Units, rounded towards 0: an importer's contribution has a length of at most `LONGEST` times
        what it weighs.
    """
    rows = np.flatnonzero(place >= 0)
    columns = np.stack(
        [
            np.ones(len(rows)),
            *(number[rows] for number in numbers),
            *(SQUARES * (number[rows] ** 2 - 1.0) for number in numbers),
        ],
        axis=1,
    )
    length = np.sqrt((columns**2).sum(axis=1))
    most = LONGEST * _JUST_BELOW
    columns *= np.minimum(1.0, most / np.maximum(length, most))[:, None]
    units = np.trunc(columns * weight[rows, None])
    cells = place[rows]
    sums = [np.bincount(cells, weights=column, minlength=n_cells) for column in units.T]
    return np.stack(sums, axis=1).astype(np.int64)


def whole_classes(values: FloatArray, decades: range) -> IntArray:
    """Return twice the decade's place, plus 1 for whole numbers; -1 for numbers not above 0."""
    positive = values > 0
    decade = np.floor(np.log10(np.where(positive, values, 1.0)))
    place = np.clip(decade, decades[0], decades[-1]).astype(np.int64) - decades[0]
    return np.where(positive, 2 * place + (values % 1 == 0), -1)
