"""Volumes of days, from the noisy months, weekdays and days."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from customs_data.errors import KitError
from customs_data.private_profile.tables import NoisyTables, Released

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Days = NDArray[np.int32] | NDArray[np.int64]

_FIRST_YEAR: Final = 1900
#: Months from 1900 to 2100, the days that a declaration can have.
N_MONTHS: Final = 201 * 12
# A month counts as one with trade above so many standard deviations of the noise: of 2,412 months
# without trade, one in 1,400 profiles has one that does.
_CLEARLY: Final = 5.0


def weekday_of(day: Days) -> IntArray:
    """Return the weekday of each day (days since 1970, a Thursday), Monday as 0."""
    return (day.astype(np.int64) + 3) % 7


def months_of(day: Days) -> IntArray:
    """Return the number of the month of each day (days since 1970)."""
    month = day.astype(np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.clip(month + (1970 - _FIRST_YEAR) * 12, 0, N_MONTHS - 1)


def month_names() -> list[str]:
    """Return the months, such as 2020-01."""
    return [f"{_FIRST_YEAR + i // 12}-{i % 12 + 1:02d}" for i in range(N_MONTHS)]


def window_of(months: Released) -> tuple[int, int]:
    """Return the first day (since 1970) and the days from the first to the last month with trade.

    Raises
    ------
    KitError
        If no month stands out from the noise.
    """
    clear = np.flatnonzero(months.weight > _CLEARLY * months.record.scale)
    if not len(clear):
        raise KitError(
            "No month has enough declarations for this epsilon. Raise epsilon, or give more "
            "declarations."
        )
    first, stop = (
        np.datetime64(int(i) - (1970 - _FIRST_YEAR) * 12, "M").astype("datetime64[D]")
        for i in (clear[0], clear[-1] + 1)
    )
    return int(first.astype(np.int64)), int((stop - first).astype(np.int64))


def estimate_days(tables: NoisyTables) -> tuple[str, tuple[int, ...]]:
    """Return the first day, and the declarations of every day.

    A day is expected to have its month's share of its weekday. The noisy count moves this
    expectation as far as days differ from it by more than noise does (empirical Bayes).
    """
    first, n_days = window_of(tables["months"])
    day = first + np.arange(n_days)
    noisy, noise = tables["days"].weight, tables["days"].record.scale
    month = months_of(day)
    number, of = np.unique(month, return_inverse=True)
    length = np.bincount(of)
    # Two estimates of each month, by precision: its own, and the sum of its days.
    own, own_noise = tables["months"].weight[number], tables["months"].record.scale
    by_days = np.bincount(of, weights=noisy)
    precision = own_noise**-2.0, 1.0 / (length * noise**2)
    volume = np.maximum(
        (own * precision[0] + by_days * precision[1]) / (precision[0] + precision[1]), 0.0
    )
    weekday = np.maximum(tables["weekdays"].weight, 0.0)
    pattern = (weekday / max(weekday.sum(), 1.0) * 7.0)[weekday_of(day)]
    per_pattern = np.bincount(of, weights=pattern)
    expected = volume[of] * pattern / np.maximum(per_pattern[of], 1e-9)
    surplus = max(float(((noisy - expected) ** 2).mean()) - noise**2, 0.0)
    estimate = expected + surplus / (surplus + noise**2) * (noisy - expected)
    estimate = np.maximum(estimate, 0.0)
    total = np.bincount(of, weights=estimate)
    estimate *= (volume / np.maximum(total, 1e-9))[of]
    return str(np.datetime64(first, "D")), tuple(np.rint(estimate).astype(int).tolist())
