"""`disagreement`: where a committee of learners disagrees."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from customs_baselines.season.exploring import Floats, Integers, ValueExplorer
from customs_baselines.season.learner import AsOfTrees
from customs_baselines.season.week import Week
from customs_scorer.season.selection import Selection

_MEMBERS: Final = 4
#: Fewer trees than the strategy's learner has: members need to differ, not to be good.
_TREES: Final = 30


class DisagreementExplorer(ValueExplorer):
    """Where the members' probabilities diverge most.

    Each member leaves out another quarter of the labels, fraud rates included: what only a few
    labels say, it does not know.

    References
    ----------
    Seung, Opper and Sompolinsky, 'Query by Committee', COLT 1992. Krogh and Vedelsby, 'Neural
    Network Ensembles, Cross Validation, and Active Learning', NIPS 1994, for members that differ in
    what they leave out. Houlsby et al., 'Bayesian Active Learning for Classification and Preference
    Learning', arXiv:1112.5745, for the measure.
    """

    def __init__(self, name: str, learner: AsOfTrees) -> None:
        super().__init__(name, learner)
        options: dict[str, Any] = {
            "n_jobs": learner.n_jobs,
            "explore_weight": learner.explore_weight,
            "n_trees": _TREES,
        }
        self._members = [
            AsOfTrees(learner.random_state + 1 + i, left_out=(i, _MEMBERS), **options)
            for i in range(_MEMBERS)
        ]
        self._ready: list[AsOfTrees] = []

    def fit(self, week: Week) -> None:
        """Train the committee."""
        self._ready = [member for member in self._members if member.fit(week)]

    def value(self, week: Week, p: Floats) -> Floats:
        """Return the Jensen-Shannon divergence of the members' answers, in nats."""
        votes = np.array([member.score(week) for member in self._ready])
        return np.asarray(_entropy(votes.mean(axis=0)) - _entropy(votes).mean(axis=0))

    def select(self, week: Week, p: Floats, share: float, taken: Integers) -> Selection:
        """Return the arrivals of the widest disagreement; draw while there is no committee."""
        if len(self._ready) < 2:
            return week.random(share)
        return super().select(week, p, share, taken)


def _entropy(p: Floats) -> Floats:
    p = np.clip(p, 1e-12, 1.0 - 1e-12)
    return np.asarray(-p * np.log(p) - (1.0 - p) * np.log1p(-p))


EXPLORER = DisagreementExplorer
SUMMARY = "Where four learners disagree."
