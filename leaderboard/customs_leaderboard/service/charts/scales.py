"""Scales, ticks and label places of charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from customs_leaderboard.service.text_formats import format_clock, format_short_day

_STEPS: Final = (0.005, *(m * 10.0**e for e in range(-2, 13) for m in (1, 2, 5)))
_MINUTES: Final = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)
_DAYS: Final = (1, 2, 7, 14, 28, 56, 91, 182, 364)
_FEW: Final = 3


@dataclass(frozen=True)
class Scale:
    """Linear map from [low, high] to [start, end]; values outside are clipped.

    Examples
    --------
    >>> Scale(0.5, 1.0, 100, 0)(0.75)
    50.0
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value, rounded to a tenth."""
        value = min(max(value, self.low), self.high)
        slope = (self.end - self.start) / (self.high - self.low)
        return round(self.start + (value - self.low) * slope, 1)


def round_range(values: Sequence[float], least: float = 0.1) -> tuple[float, float, float]:
    """Return low, high and step of an axis of scores with round ends.

    Parameters
    ----------
    values : sequence of float
        At least one score. The axis stays in [0, 1] if all of them are.
    least : float
        Smallest length of the axis.

    Examples
    --------
    >>> round_range([0.46, 0.77])
    (0.45, 0.8, 0.05)
    """
    low, high = min(values), max(values)
    ends = (0.0, 1.0) if low >= 0 and high <= 1 else (-math.inf, math.inf)
    if high - low < least:
        middle = (low + high) / 2
        low, high = middle - least / 2, middle + least / 2
    step = next(step for step in _STEPS if (high - low) / step <= 8)
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return round(max(low, ends[0]), 3), round(min(high, ends[1]), 3), step


def value_ticks(low: float, high: float, step: float) -> list[float]:
    """Return round values from `low` to `high`."""
    return [round(low + i * step, 3) for i in range(round((high - low) / step) + 1)]


def time_ticks(first: datetime, last: datetime, n_most: int) -> list[tuple[datetime, str]]:
    """Return at most `n_most` round times (UTC) of a period, and their labels.

    They are midnights; round hours or minutes if the period is so short that it has few midnights.
    """
    days = (last - first) / timedelta(days=1)
    if days > min(_FEW, n_most):
        return _day_ticks(first, last, n_most)
    steps = (timedelta(minutes=n) for n in _MINUTES)
    step = next((step for step in steps if (last - first) / step < n_most), timedelta(days=1))
    midnight = datetime.combine(first.astimezone(UTC).date(), time(), UTC)
    tick = midnight + math.ceil((first - midnight) / step) * step
    ticks: list[tuple[datetime, str]] = []
    while tick <= last:
        is_day = tick.time() == time()
        ticks.append((tick, format_short_day(tick) if is_day else format_clock(tick)))
        tick += step
    return ticks


def _day_ticks(first: datetime, last: datetime, n_most: int) -> list[tuple[datetime, str]]:
    days = (last - first) / timedelta(days=1)
    step = next((step for step in _DAYS if days / step <= n_most), _DAYS[-1])
    midnight = datetime.combine(first.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
    ticks: list[tuple[datetime, str]] = []
    while midnight <= last and len(ticks) < n_most:
        ticks.append((midnight, format_short_day(midnight)))
        midnight += timedelta(days=step)
    return ticks


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move labels apart: same order, at least `gap` between them, inside [low, high].

    Parameters
    ----------
    places : sequence of float
        Wanted places, ascending.
    gap : float
        Smallest distance; reduced if the labels do not fit otherwise.
    low, high : float
        Range of places.

    Examples
    --------
    >>> spread([10, 11, 50], 10, 0, 100)
    [5.5, 15.5, 50.0]
    >>> spread([95, 99], 10, 0, 100)
    [90.0, 100.0]
    """
    if not places:
        return []
    gap = min(gap, (high - low) / max(len(places) - 1, 1))
    # Neighbours that are too close form a group around their mean; groups that then touch merge.
    groups: list[tuple[float, list[float]]] = []  # place of the first label, wanted places
    for place in places:
        members = [place]
        while True:
            length = (len(members) - 1) * gap
            first = sum(members) / len(members) - length / 2
            first = min(max(first, low), high - length)
            if not groups or groups[-1][0] + len(groups[-1][1]) * gap <= first + 1e-9:
                break
            members = groups.pop()[1] + members
        groups.append((first, members))
    return [round(float(first) + i * gap, 1) for first, group in groups for i in range(len(group))]
