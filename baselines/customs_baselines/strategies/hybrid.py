"""`hybrid`: the highest probabilities, and a share that explores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from customs_baselines.season.exploring import make_explorer
from customs_baselines.season.week import Week
from customs_baselines.strategies.exploit import ExploitStrategy
from customs_scorer.season.selection import Selection


class HybridStrategy(ExploitStrategy):
    """Open most by probability, the rest to learn.

    Parameters
    ----------
    random_state, n_jobs, refit_every, half_life : int, float
        As of `ExploitStrategy`.
    explore : str
        A name of `customs_baselines.season.catalogue.EXPLORERS`.
    explore_share : float
        Share of the inspections that explores, in [0, 1].
    explore_weight : float
        Weight of the labels that exploring brought.

    References
    ----------
    Kim et al., 'Take a Chance: Managing the Exploitation-Exploration Dilemma in Customs Fraud
    Detection via Online Active Learning', arXiv:2010.14282.
    """

    def __init__(
        self,
        random_state: int = 0,
        n_jobs: int = 1,
        refit_every: int = 1,
        explore: str = "random",
        explore_share: float = 0.1,
        explore_weight: float = 8.0,
        half_life: float | None = None,
    ) -> None:
        super().__init__(random_state, n_jobs, refit_every, explore_weight, half_life)
        self.explorer = make_explorer(explore, self.learner)
        self.explore_share = explore_share

    def choose(self, week: Week, p: npt.NDArray[np.float64]) -> Selection:
        """Return the highest probabilities, and what the explorer adds."""
        order = week.highest(p)
        n = week.n_inspections - len(week.explore(p, self.explore_share, ""))
        best = Selection.first(np.concatenate([order.rows, order.spare]), n, "highest")
        return best | self.explorer.select(week, p, self.explore_share, best.rows)

    def learn(self, week: Week) -> bool:
        """Train learner and explorer."""
        can_score = super().learn(week)
        if can_score:
            self.explorer.fit(week)
        return can_score


ESTIMATOR = HybridStrategy
OPTIONS = ("explore", "explore_share", "explore_weight")
SUMMARY = "exploit, with a share that explores (--explore)."
