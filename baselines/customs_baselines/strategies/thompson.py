"""`thompson`: each declaration is judged by one learner, drawn by lot."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from customs_baselines.season.week import Week
from customs_baselines.strategies.bag import BagStrategy


class ThompsonStrategy(BagStrategy):
    """Open the highest probabilities, each of a learner drawn for the declaration."""

    def value(self, week: Week, p: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the drawn learners' probabilities, shape (n_arrivals,)."""
        drawn = week.rng.integers(len(p), size=p.shape[1])
        return np.asarray(p[drawn, np.arange(p.shape[1])])


ESTIMATOR = ThompsonStrategy
SUMMARY = "Each declaration judged by one of four learners, drawn by lot."
