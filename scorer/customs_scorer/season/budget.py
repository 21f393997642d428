"""How many declarations are opened each week."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from customs_data.errors import KitError
from customs_data.exact_rates import exact_rate


@dataclass(frozen=True)
class Budget:
    """The inspection rate by week.

    Attributes
    ----------
    rate : float
        Share of a week's declarations that is opened.
    first_rate : float, optional
        Rate of week 1; it falls by `step` a week until it is `rate`. By default it is `rate`.
    step : float
        See `first_rate`.
    """

    rate: float = 0.05
    first_rate: float | None = None
    step: float = 0.1

    def __post_init__(self) -> None:
        rate = exact_rate(self.rate, "inspection rate")
        if self.first_rate is not None:
            if exact_rate(self.first_rate, "first inspection rate") < rate:
                raise KitError(
                    f"The first inspection rate, {self.first_rate}, is lower than the later one, "
                    f"{self.rate}. It must fall."
                )
            exact_rate(self.step, "weekly step")

    @classmethod
    def parse(cls, rate: float, schedule: str) -> Budget:
        """Return the budget of a schedule, ``constant`` or ``decay:FIRST:STEP``.

        Examples
        --------
        >>> Budget.parse(0.05, "decay:1.0:0.1")
        Budget(rate=0.05, first_rate=1.0, step=0.1)
        """
        if schedule == "constant":
            return cls(rate)
        name, *numbers = schedule.split(":")
        try:
            first, step = map(float, numbers)
        except ValueError:
            first = step = -1.0
        if name != "decay" or first <= 0 or step <= 0:
            raise KitError(
                f"Unknown schedule {schedule!r}: give constant, or decay:FIRST:STEP, such as "
                "decay:1.0:0.1."
            )
        return cls(rate, first, step)

    def n_inspections(self, week: int, n_declarations: int) -> int:
        """Return how many of a week's declarations are opened, rounded up.

        Examples
        --------
        >>> budget = Budget(0.05, first_rate=1.0, step=0.3)
        >>> [budget.n_inspections(week, 100) for week in (1, 2, 3, 4, 5)]
        [100, 70, 40, 10, 5]
        >>> Budget(0.07).n_inspections(1, 100)
        7
        """
        rate = exact_rate(self.rate, "inspection rate")
        if self.first_rate is not None:
            first = exact_rate(self.first_rate, "first inspection rate")
            rate = max(first - (week - 1) * exact_rate(self.step, "weekly step"), rate)
        return ceil(rate * n_declarations)
