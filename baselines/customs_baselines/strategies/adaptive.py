"""`adaptive`: a hybrid that learns which share to explore with."""

from __future__ import annotations

from math import e, log, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.season.week import Week
from customs_baselines.strategies.hybrid import HybridStrategy
from customs_scorer.season.selection import Selection

SHARES: Final = (0.0, 0.05, 0.1, 0.2, 0.3)
_WEEKS: Final = 52  # for which the rate of learning is tuned: a year
#: Corollary 3.2 of Auer et al. for rewards of at most 1 a week.
_GAMMA: Final = min(1.0, sqrt(len(SHARES) * log(len(SHARES)) / ((e - 1) * _WEEKS)))


class AdaptiveStrategy(HybridStrategy):
    """Draw a share of `SHARES` each week; shares whose weeks were precise are drawn more often.

    The algorithm is exp3. Its reward is the precision of a week's own inspections, all that an
    office knows of it. The reward comes at once, while what exploring teaches pays later: exp3
    does not see that.

    Parameters
    ----------
    random_state, n_jobs, refit_every, explore, explore_weight, half_life : int, str, float
        As of `HybridStrategy`.

    References
    ----------
    Auer et al., 'The Nonstochastic Multiarmed Bandit Problem', SIAM Journal on Computing 32, 2002.
    Mai et al., 'Customs Fraud Detection in the Presence of Concept Drift' (ADAPT),
    arXiv:2109.14155.
    """

    def __init__(
        self,
        random_state: int = 0,
        n_jobs: int = 1,
        refit_every: int = 1,
        explore: str = "random",
        explore_weight: float = 8.0,
        half_life: float | None = None,
    ) -> None:
        super().__init__(random_state, n_jobs, refit_every, explore, 0.0, explore_weight, half_life)
        self._log_weight = np.zeros(len(SHARES))
        self._drawn: dict[int, tuple[int, float]] = {}  # by week: share drawn, with what chance

    def choose(self, week: Week, p: npt.NDArray[np.float64]) -> Selection:
        """Return the highest probabilities and what the explorer adds, with a drawn share."""
        self._reward(week.reports)
        chance = self.chances()
        arm = int(week.rng.choice(len(SHARES), p=chance))
        self._drawn[week.number] = arm, float(chance[arm])
        self.explore_share = SHARES[arm]
        return super().choose(week, p)

    def chances(self) -> npt.NDArray[np.float64]:
        """Return the chance of each share, shape (n_shares,)."""
        weight = np.exp(self._log_weight - self._log_weight.max())
        return np.asarray((1.0 - _GAMMA) * weight / weight.sum() + _GAMMA / len(SHARES))

    def _reward(self, reports: pd.DataFrame) -> None:
        known = reports["Week"].to_numpy(np.int64)
        fraud = reports["Fraud"].to_numpy(np.float64)
        for number in sorted(self._drawn.keys() & set(known.tolist())):
            arm, chance = self._drawn.pop(number)
            precision = fraud[known == number].mean()
            self._log_weight[arm] += _GAMMA * precision / (chance * len(SHARES))


ESTIMATOR = AdaptiveStrategy
OPTIONS = ("explore", "explore_weight")
SUMMARY = "hybrid; exp3 draws the share that explores."
