"""`ucb`: upper confidence bound of several learners."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from customs_baselines.season.week import Week
from customs_baselines.strategies.bag import BagStrategy


class UCBStrategy(BagStrategy):
    """Open where the mean plus the disagreement of several learners is highest."""

    def value(self, week: Week, p: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return mean plus standard deviation, shape (n_arrivals,)."""
        return np.asarray(p.mean(axis=0) + p.std(axis=0))


ESTIMATOR = UCBStrategy
SUMMARY = "Mean plus standard deviation of four learners."
