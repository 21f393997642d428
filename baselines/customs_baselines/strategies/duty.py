"""`duty`: probability times declared duty, capped."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from customs_baselines.season.week import Week
from customs_baselines.strategies.exploit import ExploitStrategy
from customs_data.season.duty import declared_duty, duty_cap
from customs_scorer.season.selection import Selection


class DutyStrategy(ExploitStrategy):
    """Open where most duty is expected; a declaration counts for at most the cap."""

    def choose(self, week: Week, p: npt.NDArray[np.float64]) -> Selection:
        """Return the highest expected duty."""
        if week.number == 1:
            self._cap = duty_cap(week.history)
        return week.highest(p * np.minimum(declared_duty(week.arrivals), self._cap))


ESTIMATOR = DutyStrategy
SUMMARY = "exploit's probability x declared duty, capped: for revenue."
