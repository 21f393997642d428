"""`memberships`: to which known network an importer belongs; the others are grouped by pairs."""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from customs_baselines.organisations.grouping_model import GroupingModel
from customs_baselines.organisations.importers import Importers
from customs_baselines.organisations.known import choose_setting, hide_some
from customs_baselines.organisations.linkage import join_groups
from customs_baselines.organisations.membership_model import MembershipModel, Suspicions
from customs_baselines.organisations.pairs import compare_pairs
from customs_baselines.steps import step

Codes = npt.NDArray[np.int64]

#: Least probability of a membership, and of a link between groups.
_LIMITS: Final = tuple(product((0.1, 0.2, 0.35), (0.05, 0.1, 0.2)))


class KnownNetworks(GroupingModel):
    """Boosted trees on what an importer shares with the known members of a network.

    One member gives little away, but several show which goods, sellers and brokers their network
    uses. Whoever is not put into a known network is grouped by average linkage, as in `pairs`.

    Parameters
    ----------
    random_state : int
        Seed of trees and of the members that are hidden to choose the limits.
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
        model = MembershipModel(importers, pairs, self.random_state, self.n_jobs)
        some, asked = hide_some(known, self.random_state)
        with step("classifiers for the limits"):
            suspicions = model.suspect(some)

        def group(limits: tuple[float, float]) -> Codes:
            return _group(suspicions, some, *limits)

        self.limits_ = choose_setting(_LIMITS, group, known, asked)
        with step("classifiers"):
            suspicions = model.suspect(known)
        return _group(suspicions, known, *self.limits_)


def _group(suspicions: Suspicions, known: Codes, least: float, limit: float) -> Codes:
    pairs = suspicions.pairs
    certain = suspicions.probability >= least
    assigned = np.where(certain & (known < 0), suspicions.network, known)
    return join_groups(len(known), pairs.a, pairs.b, suspicions.link, limit, assigned)


ESTIMATOR = KnownNetworks
RECIPE = None
SUMMARY = "XGBoost on what an importer shares with a network's known members; the rest by pairs."
