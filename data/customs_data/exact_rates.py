"""Rates (label rate, inspection rate) as exact fractions."""

from __future__ import annotations

from fractions import Fraction
from math import isfinite

from customs_data.errors import KitError


def exact_rate(rate: float, name: str) -> Fraction:
    """Return a rate as the decimal fraction that was typed: 0.1 is exactly a tenth.

    Parameters
    ----------
    rate : float
        In (0, 1].
    name : str
        Name of the rate in messages: ``"label rate"``.

    Raises
    ------
    KitError
        If `rate` is not in (0, 1].

    Examples
    --------
    >>> exact_rate(0.05, "inspection rate")
    Fraction(1, 20)
    """
    if not (isfinite(rate) and 0 < rate <= 1):
        raise KitError(
            f"The {name} must be above 0 and at most 1 (0.05 for 5 %), but it is {rate}."
        )
    return Fraction(repr(float(rate)))
