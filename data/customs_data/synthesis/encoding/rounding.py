"""Rounding of numbers: 19,000 and 11,352.7 have different steps.

The step of a number is the largest power of ten that divides it. Models draw the step as a code,
and the number is rounded to it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from customs_data.synthesis.encoding.rows import Floats, Ints

_FINEST: Final = -4
_COARSEST: Final = 3
_MOST_ROUNDED: Final = 0.9
#: Level of the number zero.
ZERO: Final = _COARSEST - _FINEST + 1
N_STEPS: Final = ZERO + 1


def steps_of(values: Floats) -> Ints:
    """Return the step of each value as a level: 0 = 0.0001, 1 = 0.001, ..., 7 = 1000; 8 = zero.

    Examples
    --------
    >>> steps_of(np.array([19000.0, 350.0, 7.0, 2.5, 0.0])).tolist()
    [7, 5, 4, 3, 8]
    """
    level = np.zeros(len(values), dtype=np.int64)
    for i in range(1, ZERO):
        scaled = values * 10.0 ** -(i + _FINEST)
        level[np.abs(scaled - np.rint(scaled)) <= 1e-9 * np.maximum(np.abs(scaled), 1.0)] = i
    level[values == 0] = ZERO
    return level


def round_to_step(values: Floats, level: Ints) -> Floats:
    """Round to the step, but never to zero: a small number keeps one significant digit.

    Examples
    --------
    >>> round_to_step(np.array([18_650.0, 0.37, 0.02]), np.array([7, 3, 4])).tolist()
    [19000.0, 0.4, 0.02]
    """
    exponent = level + _FINEST
    # The step is at most that of the first digit.
    magnitude = np.floor(np.log10(np.maximum(values, 10.0**_FINEST)))
    exponent = np.minimum(exponent, magnitude).astype(np.int64)
    fine = np.where(exponent < 0, 10.0 ** -np.minimum(exponent, 0), 1.0)
    coarse = np.where(exponent > 0, 10.0 ** np.maximum(exponent, 0), 1.0)
    rounded = np.rint(values * fine / coarse) * coarse / fine
    return np.asarray(np.where(level == ZERO, 0.0, rounded))


def decimals_of(values: Floats) -> int:
    """Return the decimals, at most 4, that suffice for nine of ten values.

    Examples
    --------
    >>> decimals_of(np.array([1.5, 2.0, 3.25])), decimals_of(np.array([1.0, 20.0]))
    (2, 0)
    """
    for decimals in range(-_FINEST):
        rounded = np.round(values, decimals)
        if np.mean(np.isclose(values, rounded, rtol=1e-9, atol=1e-9)) >= _MOST_ROUNDED:
            return decimals
    return -_FINEST
