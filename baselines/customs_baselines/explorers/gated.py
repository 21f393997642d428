"""`gated`: `diverse`, as long as the learner is good enough for it."""

from __future__ import annotations

from math import ceil
from typing import Final

import numpy as np

from customs_baselines.explorers.diverse import DiverseExplorer
from customs_baselines.season.exploring import Floats, Integers
from customs_baselines.season.learner import AsOfTrees
from customs_baselines.season.week import Week
from customs_scorer.season.selection import Selection

#: The authors' framework draws by lot if the validation recall is not above .3.
_THETA: Final = 0.3
_WEEKS: Final = 4  # of validation, as the paper has it
_TOP: Final = 0.1  # share of the validation declarations that is looked at


class GatedExplorer(DiverseExplorer):
    """`diverse` while the gate is open; by lot while it is shut, or nothing is known.

    The gate is open if the learner's highest scores of the last weeks found more than `_THETA` of
    the frauds that they could have found. Scores are those of the week's own decision, which knew
    none of its labels. The paper's recall is of revenue; here it is of frauds, because few
    declarations are most of the revenue.

    References
    ----------
    Kim et al., 'Take a Chance' (gATE), arXiv:2010.14282.
    """

    def __init__(self, name: str, learner: AsOfTrees) -> None:
        super().__init__(name, learner)
        self._score = np.empty(0)  # by position in the history, NaN before the first decision

    def select(self, week: Week, p: Floats, share: float, taken: Integers) -> Selection:
        """Return the seeds, or a draw."""
        is_open = self.validation_recall(week) > _THETA
        earlier = len(week.office) - week.n_arrivals
        gap = np.full(earlier - len(self._score), np.nan)  # weeks that were drawn
        self._score = np.concatenate([self._score, gap, p])
        return super().select(week, p, share, taken) if is_open else week.random(share)

    def validation_recall(self, week: Week) -> float:
        """Return frauds among the highest tenth / the most that could be there; 0 if unknown."""
        of_week = week.reports["Week"].to_numpy(np.int64)
        rows = week.known_rows[of_week > of_week.max(initial=0) - _WEEKS]
        y = week.known_labels[of_week > of_week.max(initial=0) - _WEEKS]
        scored = rows < len(self._score)
        score = self._score[rows[scored]]
        score, y = score[np.isfinite(score)], y[scored][np.isfinite(score)]
        k = ceil(_TOP * len(y))
        best = min(k, int(y.sum()))
        return float(y[np.argsort(-score, kind="stable")[:k]].sum() / best) if best else 0.0


EXPLORER = GatedExplorer
SUMMARY = "diverse while the learner's highest scores hold frauds, else by lot (gATE)."
