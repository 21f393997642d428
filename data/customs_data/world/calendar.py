"""When declarations are made: months by the profile's volumes, weekdays and holidays."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customs_data.profile import Profile
from customs_data.world.configuration import Period
from customs_data.world.streams import Streams
from customs_data.world.tables import draw_weighted, largest_remainder

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Calendar:
    """The day of each declaration.

    Attributes
    ----------
    day : int64 array, shape (n_declarations,)
        Days since the first, in no particular order: declaration ``i`` is a draw of the world,
        and its place in the file follows from `order`.
    order : int64 array, shape (n_declarations,)
        Declarations sorted by day; within a day in an order of its own stream.
    n_days : int
        Days of the window.
    first_day : datetime.date
    period_rows : tuple of int
        Declarations of the training, public and private period.
    """

    day: IntArray
    order: IntArray
    n_days: int
    first_day: datetime.date
    period_rows: tuple[int, ...]

    def date(self, day: IntArray) -> NDArray[np.datetime64]:
        """Dates of days, datetime64[s]."""
        start = np.datetime64(self.first_day, "D")
        return (start + day.astype("timedelta64[D]")).astype("datetime64[s]")


def make_calendar(
    period: Period, profile: Profile, n_declarations: int, streams: Streams
) -> Calendar:
    """Spread the declarations over the window.

    Rows of the three periods keep the paper's proportions and rows of the months the profile's,
    both by largest remainder; the day within a month is drawn by the profile's daily volumes,
    which hold its weekdays and holidays.
    """
    n_months = sum(period.months)
    starts = [_add_months(period.first_day, month) for month in range(n_months + 1)]
    n_days = (starts[-1] - starts[0]).days
    volume = _volume_of_days(profile, period.first_day, n_days)
    month_starts = np.array([(day - period.first_day).days for day in starts])
    month_volume = np.add.reduceat(volume, month_starts[:-1])  # whole numbers: exact in any order
    period_rows = largest_remainder(np.array(period.reference_rows, dtype=float), n_declarations)
    u = streams.uniform("calendar/day", 0, n_declarations)[:, 0]
    day = np.zeros(n_declarations, dtype=np.int64)
    row, month = 0, 0
    for months, rows in zip(period.months, period_rows, strict=True):
        parts = largest_remainder(month_volume[month : month + months], int(rows))
        for part in parts:
            first, last = month_starts[month], month_starts[month + 1]
            chosen = draw_weighted(volume[first:last], u[row : row + part])
            day[row : row + part] = first + chosen
            row, month = row + int(part), month + 1
    tie = streams.words("calendar/order", 0, n_declarations)[:, 0]
    return Calendar(
        day=day,
        order=np.lexsort((tie, day)).astype(np.int64),
        n_days=n_days,
        first_day=period.first_day,
        period_rows=tuple(int(rows) for rows in period_rows),
    )


def _add_months(day: datetime.date, months: int) -> datetime.date:
    """First day of a later month."""
    index = day.year * 12 + day.month - 1 + months
    return datetime.date(index // 12, index % 12 + 1, 1)


def _volume_of_days(profile: Profile, first_day: datetime.date, n_days: int) -> FloatArray:
    """Expected volume of each day: the profile's own, or its weekdays where it has none."""
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
