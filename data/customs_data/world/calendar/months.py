"""Days of declarations: their months in the window, and how many each has."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customs_data.profile import Profile
from customs_data.world.calendar.daily_volume import expected_volumes
from customs_data.world.calendar.period import Period
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

    Periods have the proportions of ``period.reference_rows`` or, without them, of the expected
    volumes of their days, and the months of a period those of theirs; both by largest remainder.
    Days within a month are drawn by the volumes, which contain weekdays and holidays.
    """
    starts = period.month_starts()
    n_days = period.n_days
    volume = expected_volumes(period, profile, n_days)
    first_days = [(day - period.first_day).days for day in starts]
    # Sums of volumes are exact in any order.
    month_volume = np.add.reduceat(volume, np.array(first_days[:-1]))
    period_share = np.array(
        period.reference_rows or _add_up(month_volume, period.months), dtype=np.float64
    )
    period_rows = largest_remainder(period_share, n_declarations)
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


def _add_up(month_volume: FloatArray, months: tuple[int, ...]) -> FloatArray:
    """Return the volume of each period, shape (n_periods,)."""
    first = np.cumsum(months) - np.array(months)
    return np.asarray(np.add.reduceat(month_volume, first), dtype=np.float64)
