"""`uncertain`: probabilities near one half."""

from __future__ import annotations

import numpy as np

from customs_baselines.season.exploring import Floats, ValueExplorer
from customs_baselines.season.week import Week


class UncertainExplorer(ValueExplorer):
    """Where the learner cannot say yes or no."""

    def value(self, week: Week, p: Floats) -> Floats:
        """Return how near each probability is to one half."""
        return np.asarray(-np.abs(p - 0.5))


EXPLORER = UncertainExplorer
SUMMARY = "Probabilities near one half."
