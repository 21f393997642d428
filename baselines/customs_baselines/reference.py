"""What stands beside every result: how far copying labels gets on this edition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from customs_baselines.models.lookup import Lookup, is_unseen
from customs_data.edition.layout import USAGES
from customs_data.edition.loading import Edition, load_solution
from customs_data.schema import KEY
from customs_scorer.metrics import precision_at


@dataclass(frozen=True)
class Reference:
    """The look-up cheat on an edition, with all labels of its public/train.

    Attributes
    ----------
    twin_share : float
        Share of test declarations whose six-tuple stands in training.
    unseen : ndarray of bool, shape (n_test,)
        The others.
    lookup : dict or None
        By period: precision_at_5 and precision_at_10 of `lookup`; None without hidden labels.
    """

    twin_share: float
    unseen: npt.NDArray[np.bool_]
    lookup: dict[str, dict[str, float]] | None

    def as_dict(self) -> dict[str, Any]:
        """Return the reference as plain data."""
        return {"twin_share": self.twin_share, "lookup": self.lookup}


def make_reference(edition: Edition) -> Reference:
    """Measure the look-up cheat on an edition."""
    unseen = is_unseen(edition.train, edition.test)
    lookup = None
    if edition.layout.has_hidden and (edition.y >= 0).any():
        solution = load_solution(edition.layout, edition.test[KEY])
        scores = Lookup().fit(edition.train, edition.y).predict_proba(edition.test)[:, 1]
        lookup = {}
        for period, usage in USAGES.items():
            rows = (solution["Usage"] == usage).to_numpy()
            fraud = solution["Fraud"].to_numpy()[rows]
            lookup[period] = {
                f"precision_at_{n}": precision_at(fraud, scores[rows], n / 100) for n in (5, 10)
            }
    return Reference(float(1 - unseen.mean()), unseen, lookup)
