"""Days of declarations, by the profile's months, weekdays and holidays."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customs_data.profile import Profile
from customs_data.world.configuration import Period
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.drawing.weighted_draws import draw_weighted, largest_remainder

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Month:
    """Declarations of a month, which are consecutive and in no particular order.

    Attributes
    ----------
    period : int
        0 = training, 1 = public, 2 = private.
    start, stop : int
        The declarations ``start .. stop - 1``.
    first_day : int
        Days between the first day of the window and that of the month.
    volume : float64 array, shape (n_days_of_month,)
        Expected declarations per day, in any unit.
    """

    period: int
    start: int
    stop: int
    first_day: int
    volume: FloatArray


@dataclass(frozen=True)
class Calendar:
    """Months and days of the declarations.

    Attributes
    ----------
    months : tuple of Month
        In their order; together they contain every declaration.
    n_days : int
        Length of the window.
    first_day : datetime.date
    period_rows : tuple of int
        Rows of the training, public and private period.
    streams : Streams
    """

    months: tuple[Month, ...]
    n_days: int
    first_day: datetime.date
    period_rows: tuple[int, ...]
    streams: Streams

    def day(self, start: int, stop: int) -> IntArray:
        """Draw the days of ``start .. stop - 1``, counted from the first day; shape (n,)."""
        u = self.streams.uniform("calendar/day", start, stop)[:, 0]
        day = np.empty(stop - start, dtype=np.int64)
        for month in self.months:
            first, last = max(start, month.start), min(stop, month.stop)
            if first < last:
                part = slice(first - start, last - start)
                day[part] = month.first_day + draw_weighted(month.volume, u[part])
        return day

    def order(self, month: Month, day: IntArray) -> IntArray:
        """Return the order of a month's declarations: by day, then random; shape (n,)."""
        tie = self.streams.words("calendar/order", month.start, month.stop)[:, 0].copy()
        order = np.argsort(tie)
        if (tie[order[1:]] == tie[order[:-1]]).any():  # the order of equal words is no accident
            order = np.argsort(tie, kind="stable")
        # Few bits are sorted by their value, without comparisons: five times as fast in all.
        within = (day - month.first_day).astype(np.uint8)
        return order[np.argsort(within[order], kind="stable")].astype(np.int64)

    def date(self, day: IntArray) -> NDArray[np.datetime64]:
        """Return the dates of days, datetime64[s]."""
        start = np.datetime64(self.first_day, "D")
        return (start + day.astype("timedelta64[D]")).astype("datetime64[s]")


def make_calendar(
    period: Period, profile: Profile, n_declarations: int, streams: Streams
) -> Calendar:
    """Distribute the declarations over the window.

    Periods have the paper's proportions and months the profile's, both by largest remainder. Days
    within a month are drawn by the profile's daily volumes, which contain weekdays and holidays.
    """
    n_months = sum(period.months)
    starts = [_add_months(period.first_day, month) for month in range(n_months + 1)]
    n_days = (starts[-1] - starts[0]).days
    volume = _volume_of_days(profile, period.first_day, n_days)
    first_days = [(day - period.first_day).days for day in starts]
    # Volumes are whole numbers: their sums are exact in any order.
    month_volume = np.add.reduceat(volume, np.array(first_days[:-1]))
    period_rows = largest_remainder(np.array(period.reference_rows, dtype=float), n_declarations)
    months: list[Month] = []
    row = 0
    for number, (count, rows) in enumerate(zip(period.months, period_rows, strict=True)):
        done = len(months)
        for part in largest_remainder(month_volume[done : done + count], int(rows)):
            first, last = first_days[len(months)], first_days[len(months) + 1]
            months.append(Month(number, row, row + int(part), first, volume[first:last]))
            row += int(part)
    return Calendar(
        tuple(months), n_days, period.first_day, tuple(int(rows) for rows in period_rows), streams
    )


def _add_months(day: datetime.date, months: int) -> datetime.date:
    """Return the first day of a later month."""
    index = day.year * 12 + day.month - 1 + months
    return datetime.date(index // 12, index % 12 + 1, 1)


def _volume_of_days(profile: Profile, first_day: datetime.date, n_days: int) -> FloatArray:
    """Return the expected volume of each day: the profile's, or that of its weekdays."""
    start = datetime.date.fromisoformat(profile.first_day)
    counts = np.array(profile.day_counts, dtype=np.float64)
    offset = (first_day - start).days
    weekday = np.zeros(7)
    np.add.at(weekday, (start.weekday() + np.arange(len(counts))) % 7, counts)
    volume = np.floor(weekday[(first_day.weekday() + np.arange(n_days)) % 7] / len(counts) * 7) + 1
    inside = np.arange(n_days) + offset
    known = (inside >= 0) & (inside < len(counts))
    volume[known] = counts[inside[known]] + 0.25  # a day without a row is rare, not impossible
    return volume
