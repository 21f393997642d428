"""Checks of settings, each of which raises ValueError with a sentence."""

from __future__ import annotations


def check_shares(settings: object, *names: str) -> None:
    """Raise unless the named fields are shares in [0, 1]."""
    for name in names:
        value = getattr(settings, name)
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{name} is {value}: give a share between 0 and 1.")


def check_positive(settings: object, *names: str) -> None:
    """Raise unless the named fields are above zero."""
    for name in names:
        value = getattr(settings, name)
        if not value > 0:
            raise ValueError(f"{name} is {value}: give a positive number.")


def check_ranges(settings: object, *names: str) -> None:
    """Raise unless the named fields are (lowest, highest)."""
    for name in names:
        low, high = getattr(settings, name)
        if low > high:
            raise ValueError(f"{name} is [{low}, {high}]: give the lowest value first.")


def check_ranges_of_shares(settings: object, *names: str) -> None:
    """Raise unless the named fields are (lowest, highest) of shares in [0, 1]."""
    check_ranges(settings, *names)
    for name in names:
        low, high = getattr(settings, name)
        if low < 0.0 or high > 1.0:
            raise ValueError(f"{name} is [{low}, {high}]: give shares between 0 and 1.")
