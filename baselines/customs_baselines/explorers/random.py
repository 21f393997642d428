"""`random`: by lot."""

from __future__ import annotations

from customs_baselines.season.exploring import Explorer, Floats, Integers
from customs_baselines.season.week import Week
from customs_scorer.season.selection import Selection


class RandomExplorer(Explorer):
    """Every arrival has the same chance."""

    def select(self, week: Week, p: Floats, share: float, taken: Integers) -> Selection:
        """Return a draw."""
        return week.random(share)


EXPLORER = RandomExplorer
SUMMARY = "By lot."
