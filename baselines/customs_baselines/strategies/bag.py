"""`bag`: the mean of several learners with different draws."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from customs_baselines.season.learner import AsOfTrees
from customs_baselines.season.week import NOTHING_LEARNED, Week
from customs_scorer.season.selection import Selection


class BagStrategy:
    """Open the highest mean probability of several learners.

    Parameters
    ----------
    random_state, n_jobs : int
        Seed and threads.
    n_members : int
        Learners.
    """

    def __init__(self, random_state: int = 0, n_jobs: int = 1, n_members: int = 4) -> None:
        self.members = [AsOfTrees(random_state + i, n_jobs) for i in range(n_members)]

    def select(self, week: Week) -> Selection:
        """Return the arrivals with the highest value (`value`)."""
        ready = [member.fit(week) for member in self.members]
        if not all(ready):
            return week.random(reason=NOTHING_LEARNED)
        return week.highest(self.value(week, np.array([it.score(week) for it in self.members])))

    def value(self, week: Week, p: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return what each arrival is worth; `p` has the shape (n_members, n_arrivals)."""
        return np.asarray(p.mean(axis=0))


ESTIMATOR = BagStrategy
SUMMARY = "Mean of four learners with different seeds."
