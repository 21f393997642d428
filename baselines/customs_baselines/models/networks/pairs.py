"""`pairs`: which pairs of importers are one organisation, learned from known ones, then groups."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from customs_baselines.organisations.grouping_model import GroupingModel
from customs_baselines.organisations.importers import Importers
from customs_baselines.organisations.known import choose_setting, hide_some
from customs_baselines.organisations.linkage import join_groups
from customs_baselines.organisations.linker import Linker
from customs_baselines.organisations.pairs import Pairs, compare_pairs
from customs_baselines.steps import step

Codes = npt.NDArray[np.int64]

_LIMITS: Final = (0.03, 0.06, 0.1, 0.15, 0.2, 0.3)


class PairModel(GroupingModel):
    """Boosted trees on what two importers share, then average linkage.

    Known members of a network are one group from the start, and groups of different networks never
    join. Groups join above the limit that finds hidden known members again best.

    Parameters
    ----------
    random_state : int
        Seed of trees and of the members that are hidden to choose the limit.
    n_jobs : int
        Threads.
    """

    def __init__(self, random_state: int = 0, n_jobs: int = 1) -> None:
        self.random_state = random_state
        self.n_jobs = n_jobs

    def find_groups(self, importers: Importers, known: Codes) -> Codes:
        """See `GroupingModel.find_groups`."""
        with step("pairs of importers"):
            pairs = compare_pairs(importers)
        some, asked = hide_some(known, self.random_state)
        with step("pair classifier for the limit"):
            probability = self._link(pairs, some)

        def group(limit: float) -> Codes:
            return join_groups(len(importers), pairs.a, pairs.b, probability, limit, some)

        self.limit_ = choose_setting(_LIMITS, group, known, asked)
        with step("pair classifier"):
            probability = self._link(pairs, known)
        return join_groups(len(importers), pairs.a, pairs.b, probability, self.limit_, known)

    def _link(self, pairs: Pairs, known: Codes) -> npt.NDArray[np.float64]:
        of_both = (known[pairs.a] >= 0) & (known[pairs.b] >= 0)
        same = (known[pairs.a] == known[pairs.b])[of_both]
        linker = Linker(self.random_state, self.n_jobs).fit(pairs.features[of_both], same)
        return linker.probability(pairs.features)


ESTIMATOR = PairModel
RECIPE = None
SUMMARY = "XGBoost on pairs of importers, learned from known networks; groups by average linkage."
