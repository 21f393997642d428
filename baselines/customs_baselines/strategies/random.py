"""`random`: open by lot."""

from __future__ import annotations

from customs_baselines.season.week import Week
from customs_scorer.season.selection import Selection


class RandomStrategy:
    """Every arrival has the same chance."""

    def select(self, week: Week) -> Selection:
        """Return a draw."""
        return week.random()


ESTIMATOR = RandomStrategy
SUMMARY = "Open by lot: the base rate."
