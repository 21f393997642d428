"""Expected declarations of each day: the profile's days, and what they say about all others.

All arithmetic is exact: whole numbers and fractions have the same bits on every machine.
"""

from __future__ import annotations

import datetime
import math
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from statistics import median_low

import numpy as np
from numpy.typing import NDArray

from customs_data.profile import Profile
from customs_data.world.calendar.period import Period

FloatArray = NDArray[np.float64]

#: Added to each of the profile's days: a day without a row is rare, not impossible.
_RARE = Fraction(1, 4)

#: Volumes are whole numbers whose sum stays below this: doubles add them exactly in any order.
_LARGEST_SUM = 2**52

# A holiday has less than half of its weekday's declarations, by more than five standard deviations
# of a count. A working weekday has at least half as many declarations as the mean weekday.
_LOW, _DEVIATIONS = Fraction(1, 2), 5


def expected_volumes(period: Period, profile: Profile, n_days: int) -> FloatArray:
    """Return the expected declarations of each day of the window, in any unit.

    Days of the profile's window have the profile's counts. Other days have the volume of their
    weekday or, with ``period.seasons``, of weekday, month and holiday (see `Seasons`). Then every
    day grows by ``period.growth`` a year.

    Parameters
    ----------
    period : Period
    profile : Profile
    n_days : int
        Length of the window.

    Returns
    -------
    float64 array, shape (n_days,)
        Positive, and sums are exact in any order: quarters or, with growth or seasons, whole
        numbers.
    """
    if not period.seasons and not period.growth:
        return _weekly(period.first_day, profile, n_days)
    days = [period.first_day + datetime.timedelta(number) for number in range(n_days)]
    if period.seasons:
        start = datetime.date.fromisoformat(profile.first_day)
        seasons = Seasons.of(start, profile.day_counts)
        known = dict(enumerate(profile.day_counts, start.toordinal()))
        base = [
            _RARE + (known[number] if (number := day.toordinal()) in known else seasons.on(day))
            for day in days
        ]
    else:
        base = [Fraction(volume) for volume in _weekly(period.first_day, profile, n_days)]
    return _whole([x * y for x, y in zip(base, _growth(period, days), strict=True)])


def _weekly(first_day: datetime.date, profile: Profile, n_days: int) -> FloatArray:
    """Return the expected volume of each day: the profile's, or that of its weekdays."""
    start = datetime.date.fromisoformat(profile.first_day)
    counts = np.array(profile.day_counts, dtype=np.float64)
    offset = (first_day - start).days
    weekday = np.zeros(7)
    np.add.at(weekday, (start.weekday() + np.arange(len(counts))) % 7, counts)
    volume = np.floor(weekday[(first_day.weekday() + np.arange(n_days)) % 7] / len(counts) * 7) + 1
    inside = np.arange(n_days) + offset
    known = (inside >= 0) & (inside < len(counts))
    volume[known] = counts[inside[known]] + float(_RARE)
    return volume


def _growth(period: Period, days: list[datetime.date]) -> list[Fraction]:
    """Return the factor of each day: 1 on the first, on a straight line within each year.

    The same date a year later has 1 + growth times as much: exactly where no leap day lies between.
    """
    rate = Fraction(str(period.growth))
    factors = []
    for day in days:
        years = day.year - period.first_day.year - (day.replace(day=1) < _first(period, day.year))
        year = period.first_day.year + years
        start, stop = _first(period, year), _first(period, year + 1)
        part = Fraction((day - start).days, (stop - start).days)
        factors.append((1 + rate) ** years * (1 + rate * part))
    return factors


def _first(period: Period, year: int) -> datetime.date:
    """Return the anniversary of the window's first day, which is the first of a month."""
    return period.first_day.replace(year=year)


def _whole(volumes: list[Fraction]) -> FloatArray:
    """Return volumes in a unit so small that they can be rounded down to whole numbers."""
    unit = _LARGEST_SUM // sum(math.ceil(volume) for volume in volumes)
    return np.array([math.floor(volume * unit) for volume in volumes], dtype=np.float64)


@dataclass(frozen=True)
class Seasons:
    """What a window of daily counts says about the days of other years.

    A *low* day is a working day with far fewer declarations than its weekday usually has. It is a
    holiday of fixed date if the same date was low on every working day that the window has of it.
    So a date that was low in one year and busy in another moves, and is left out. A moving holiday
    that the window has once cannot be told from a fixed one and recurs on the same date.

    Attributes
    ----------
    weekday : tuple of 7 Fraction
        Mean declarations of a weekday, Monday first, without low days.
    month : dict of int to Fraction
        Declarations of a month relative to its weekdays, without low days. Months that the window
        has twice are pooled; those that it does not have are left out.
    holiday : dict of (int, int) to Fraction
        Declarations of holidays relative to their weekday, by month and day.
    working : frozenset of int
        Working weekdays. A holiday on another day changes nothing.
    """

    weekday: tuple[Fraction, ...]
    month: dict[int, Fraction]
    holiday: dict[tuple[int, int], Fraction]
    working: frozenset[int]

    @classmethod
    def of(cls, start: datetime.date, counts: tuple[int, ...]) -> Seasons:
        """Read weekdays, months and holidays from the counts of consecutive days."""
        days = [start + datetime.timedelta(number) for number in range(len(counts))]
        by_weekday: dict[int, list[int]] = defaultdict(list)
        for day, count in zip(days, counts, strict=True):
            by_weekday[day.weekday()].append(count)
        usual = {number: median_low(values) for number, values in by_weekday.items()}
        least = _LOW * Fraction(sum(usual.values()), len(usual))
        working = frozenset(number for number, count in usual.items() if count >= least)

        ordinary: dict[int, list[int]] = defaultdict(list)
        low: dict[tuple[int, int], list[Fraction]] = defaultdict(list)
        busy: set[tuple[int, int]] = set()
        kept: list[tuple[datetime.date, int]] = []
        for day, count in zip(days, counts, strict=True):
            typical = usual[day.weekday()]
            if day.weekday() in working and _is_low(count, typical):
                low[day.month, day.day].append(Fraction(count, typical))
                continue
            if day.weekday() in working:
                busy.add((day.month, day.day))
            ordinary[day.weekday()].append(count)
            kept.append((day, count))
        mean = Fraction(sum(counts), len(counts))
        weekday = tuple(
            Fraction(sum(ordinary[number]), len(ordinary[number])) if ordinary[number] else mean
            for number in range(7)
        )
        return cls(
            weekday,
            _weigh_months(kept, weekday),
            {
                date: sum(shares, Fraction(0)) / len(shares)
                for date, shares in low.items()
                if date not in busy
            },
            working,
        )

    def on(self, day: datetime.date) -> Fraction:
        """Return the expected declarations of a day of any year."""
        volume = self.weekday[day.weekday()] * self.month.get(day.month, Fraction(1))
        if day.weekday() in self.working:
            volume *= self.holiday.get((day.month, day.day), Fraction(1))
        return volume


def _is_low(count: int, typical: int) -> bool:
    gap = typical - count
    return count < _LOW * typical and gap * gap > _DEVIATIONS**2 * typical


def _weigh_months(
    days: list[tuple[datetime.date, int]], weekday: tuple[Fraction, ...]
) -> dict[int, Fraction]:
    """Return the declarations of each month relative to what its weekdays let expect."""
    counted: dict[int, int] = defaultdict(int)
    expected: dict[int, Fraction] = defaultdict(Fraction)
    for day, count in days:
        counted[day.month] += count
        expected[day.month] += weekday[day.weekday()]
    return {number: counted[number] / expected[number] for number in counted if expected[number]}
