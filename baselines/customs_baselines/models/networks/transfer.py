"""`transfer`: how much our simulator's code gives away about networks.

Anyone can run the generator. This model learns from other worlds, whose networks are all known, and
groups the importers of an edition without a single membership of it. If memberships are worth
having, models that use them are better.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from customs_baselines.organisations.grouping_model import GroupingModel
from customs_baselines.organisations.importers import Importers
from customs_baselines.organisations.known import choose_setting
from customs_baselines.organisations.linkage import join_groups
from customs_baselines.organisations.linker import Linker
from customs_baselines.organisations.other_worlds import make_other_worlds
from customs_baselines.organisations.pairs import compare_pairs
from customs_baselines.steps import step
from customs_data.edition.generating import Blueprint

Codes = npt.NDArray[np.int64]

_LIMITS: Final = (0.03, 0.06, 0.1, 0.15, 0.2, 0.3)
_FEWEST_ROWS: Final = 1000  # in a smaller world there are hardly any networks
_PAIRS_OF_A_WORLD: Final = 120_000


class SimulatorTransfer(GroupingModel):
    """The pair classifier of `pairs`, trained on other worlds with all their networks.

    Parameters
    ----------
    n_worlds : int
        Worlds to learn from, at least 2; the last one chooses the limit of the groups.
    blueprint : Blueprint, optional
        Blueprint of these worlds; by default the configuration made for the task, and the shipped
        calibration.
    random_state : int
        Seed of worlds and trees.
    n_jobs : int
        Threads.
    """

    def __init__(
        self,
        n_worlds: int = 4,
        blueprint: Blueprint | None = None,
        random_state: int = 0,
        n_jobs: int = 1,
    ) -> None:
        self.n_worlds = n_worlds
        self.blueprint = blueprint
        self.random_state = random_state
        self.n_jobs = n_jobs

    def learn(self, n_declarations: int) -> None:
        """Learn from other worlds of a size; `fit` does it for editions of another size."""
        self.n_learned_ = max(n_declarations, _FEWEST_ROWS)
        rng = np.random.default_rng(self.random_state)
        worlds = make_other_worlds(
            self.blueprint, self.n_worlds, self.n_learned_, self.random_state
        )
        features, same = [], []
        for number, world in enumerate(worlds):
            with step(f"other world {number + 1} of {self.n_worlds}"):
                pairs = compare_pairs(world.importers)
            is_same = world.group[pairs.a] == world.group[pairs.b]
            if number < self.n_worlds - 1:
                n = min(len(pairs), _PAIRS_OF_A_WORLD)
                chosen = np.sort(rng.choice(len(pairs), n, replace=False))
                features.append(pairs.features[chosen])
                same.append(is_same[chosen])
        with step("pair classifier"):
            self.linker_ = Linker(self.random_state, self.n_jobs, most_pairs=None)
            self.linker_.fit(np.vstack(features), np.concatenate(same))
        link = self.linker_.probability(pairs.features)
        asked = world.choose_asked(self.random_state)

        def group(limit: float) -> Codes:
            return join_groups(len(asked), pairs.a, pairs.b, link, limit)

        self.limit_ = choose_setting(_LIMITS, group, world.group, asked)

    def find_groups(self, importers: Importers, known: Codes) -> Codes:
        """See `GroupingModel.find_groups`."""
        n_declarations = int(importers.n_rows.sum())
        if getattr(self, "n_learned_", None) != max(n_declarations, _FEWEST_ROWS):
            self.learn(n_declarations)
        with step("pairs of importers"):
            pairs = compare_pairs(importers)
        link = self.linker_.probability(pairs.features)
        return join_groups(len(importers), pairs.a, pairs.b, link, self.limit_)


ESTIMATOR = SimulatorTransfer
RECIPE = None
SUMMARY = (
    "The pair classifier of other worlds, whose networks are known; no membership of this one."
)
SIMULATOR = True
YARDSTICK = True
