"""Yardsticks shown beside every result: what copying labels scores, ceiling and prior."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.edition.hidden import load_solution
from customs_data.edition.loading import Edition
from customs_scorer.ceiling import oracle_ceiling
from customs_scorer.copying import copied_answer, twin_share
from customs_scorer.metrics import metrics_of
from customs_scorer.scorecard import score_submission


@dataclass(frozen=True)
class Reference:
    """The look-up cheat on an edition, with all labels of its public train.csv.

    Attributes
    ----------
    twin_share : float
        Share of test declarations with something to copy.
    unseen : ndarray of bool, shape (n_units,)
        Units that `TaskMetrics.unseen` picks, in the order of `Edition.units`.
    lookup : dict or None
        By period: the ranked metrics of copying the twin's label (`copied_answer`); None without
        hidden labels, or if the task has nothing to copy.
    ceiling : dict or None
        By period: the same of the true fraud probabilities given the declaration, for editions of
        a published seed.
    solution : DataFrame, shape (n_test, 4), or None
        The hidden labels it was measured on, in the order of `unseen`, for scoring others alike.
    prior : dict or None
        By period: the same of the true fraud probabilities before the declaration is written; None
        if they are the ceiling, too (world version 1).
    """

    twin_share: float
    unseen: npt.NDArray[np.bool_]
    lookup: dict[str, dict[str, float]] | None
    ceiling: dict[str, dict[str, float]] | None
    solution: pd.DataFrame | None = field(repr=False)
    prior: dict[str, dict[str, float]] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the reference as plain data."""
        return {
            "twin_share": self.twin_share,
            "lookup": self.lookup,
            "ceiling": self.ceiling,
            "prior": self.prior,
        }


def make_reference(edition: Edition) -> Reference:
    """Measure the score of copying labels on an edition, using hidden/ if it exists."""
    layout, split = edition.layout, edition.split
    solution = load_solution(layout, edition.units) if layout.has_hidden else None
    unseen = metrics_of(edition.task).unseen(split)
    copied = None if solution is None else copied_answer(split)
    lookup = None
    if solution is not None and copied is not None:
        card = score_submission(solution, copied, unseen, task=edition.task, n_replicates=0)
        lookup = {
            period: {metric.name: score[metric.name] for metric in card.metrics.ranked}
            for period, score in (("public", card.public), ("private", card.private))
        }
    # The ceiling of a competition's edition stays in hidden/ (`data describe` tells the organizer).
    practice = edition.manifest.origin == "published-seed" and layout.has_oracle
    known = oracle_ceiling(edition, solution) if practice else {"ceiling": None, "prior": None}
    share, ceiling = twin_share(split), known["ceiling"] or None
    return Reference(share, unseen, lookup, ceiling, solution, known["prior"])
