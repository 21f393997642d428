"""The window of a world: its months, its periods, and how its volume changes."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from customs_data.schema import FIRST_DAY, LAST_DAY

#: Lowest and highest yearly growth of the volume.
GROWTH_RANGE = (-0.5, 1.0)


@dataclass(frozen=True)
class Period:
    """The window of an edition, its three periods, and how its volume changes.

    Attributes
    ----------
    first_day : date
        The first of a month.
    months : tuple of 3 int
        Months of the training, public and private period.
    reference_rows : tuple of 3 int, optional
        Rows of the periods, in any unit. Without them, rows are in proportion to the expected
        volumes of the periods' days, so that growth also applies between periods.
    growth : float
        Yearly growth of the volume, as a share.
    seasons : bool
        Whether days outside the profile's window have the volume of their weekday, month and
        holiday, or of their weekday alone.
    """

    first_day: datetime.date
    months: tuple[int, int, int]
    reference_rows: tuple[int, int, int] | None = None
    growth: float = 0.0
    seasons: bool = False

    def __post_init__(self) -> None:
        if self.first_day.day != 1:
            raise ValueError(f"first_day is {self.first_day}: give the first day of a month.")
        if min(*self.months, *(self.reference_rows or ())) < 1:
            raise ValueError("months or reference_rows contain a number below 1.")
        first, last = FIRST_DAY.year, LAST_DAY.year
        after = self._month(sum(self.months))
        if self.first_day < FIRST_DAY or after > (last + 1) * 12:
            raise ValueError(
                f"The window of {sum(self.months)} months from {self.first_day} is not within "
                f"{first} to {last}, which are the years of declarations."
            )
        low, high = GROWTH_RANGE
        if not low <= self.growth <= high:
            raise ValueError(f"growth is {self.growth}: give a share between {low} and {high}.")

    @property
    def n_days(self) -> int:
        """Length of the window."""
        return (self.month_starts()[-1] - self.first_day).days

    def month_starts(self) -> list[datetime.date]:
        """Return the first day of each month, and the day after the window."""
        numbers = [self._month(number) for number in range(sum(self.months) + 1)]
        return [datetime.date(number // 12, number % 12 + 1, 1) for number in numbers]

    def _month(self, number: int) -> int:
        """Return a month of the window, counted from the year 0."""
        return self.first_day.year * 12 + self.first_day.month - 1 + number
