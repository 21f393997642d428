"""How probable a declared mark of origin is, if it is false."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from customs_data.world.draft import Draft
from customs_data.world.market import HABITS
from customs_data.world.posterior.false_goods import repeats
from customs_data.world.setup import WorldSetup

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_FIELD = "indicator"


class Marks:
    """Tables by the filing that a mark depends on, declared mark and the importer's usual mark.

    Parameters
    ----------
    setup : WorldSetup

    Attributes
    ----------
    false : float64 array
        How much more often a false mark is declared as this one than it is true.
    risk : float64 array
        Expected log-odds of fraud of the true mark behind a false one, minus those of this one.
    """

    def __init__(self, setup: WorldSetup) -> None:
        self._filing = setup.market.filing
        self._habit = setup.population.importers.habit[:, HABITS.index(_FIELD)]
        share = self._filing.shares(_FIELD)
        n_codes = share.shape[1]
        keeps = setup.configuration.trade.habit
        #: By combination, usual mark and true mark.
        true = keeps * np.eye(n_codes) + (1.0 - keeps) * share[:, None, :]
        again = repeats(share)
        declares = (1.0 - again) / np.maximum(1.0 - share, 1e-9)
        log_odds = setup.effects.filing[_FIELD]
        self.false = np.empty((len(share), n_codes, n_codes))
        self.risk = np.empty_like(self.false)
        for mark in range(n_codes):
            behind = true * (share[:, mark, None] * declares)[:, None, :]
            behind[:, :, mark] = true[:, :, mark] * again[:, None, mark]
            total, risk = np.zeros(true.shape[:2]), np.zeros(true.shape[:2])
            for other in range(n_codes):
                total = total + behind[:, :, other]
                risk = risk + behind[:, :, other] * log_odds[other]
            self.false[:, mark] = total / np.maximum(true[:, :, mark], 1e-9)
            self.risk[:, mark] = risk / np.maximum(total, 1e-12) - log_odds[mark]

    def place(self, draft: Draft) -> IntArray:
        """Return the places of some forms in the flat tables, shape (n,)."""
        n_codes = self.false.shape[1]
        group = self._filing.group(_FIELD, draft.filing, len(draft))
        place = group * n_codes + draft.filing[_FIELD]
        return place * n_codes + self._habit.take(draft.importer)
