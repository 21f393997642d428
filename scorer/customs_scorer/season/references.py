"""Seasons of those who know more than an office can: limits of what a strategy may reach."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from customs_data.errors import KitError
from customs_data.season.arrivals import Arrivals
from customs_data.season.duty import declared_duty
from customs_scorer.season.environment import InspectionSeason, OpenedWeek, OpenWeek
from customs_scorer.season.selection import Selection

Integers = npt.NDArray[np.int64]


class EverythingSeason(InspectionSeason):
    """After each week the labels of all its declarations are reported."""

    def _reported(self, opened: OpenedWeek) -> tuple[Integers, Selection]:
        rows = self.arrivals.rows_of(opened.number)
        return rows, Selection.of(np.arange(len(rows)), "everything")


class PassiveSeason(InspectionSeason):
    """The reports are of as many declarations as were opened, drawn by lot.

    Parameters
    ----------
    **options : Any
        As of `InspectionSeason`.
    """

    def __init__(self, arrivals: Arrivals, **options: Any) -> None:
        super().__init__(arrivals, **options)
        self._seed = 0

    def reset(self, seed: int | None = None) -> tuple[OpenWeek, dict[str, Any]]:
        """Begin again; `seed` is that of the draws, 0 by default."""
        self._seed = seed or 0
        return super().reset(seed)

    def _reported(self, opened: OpenedWeek) -> tuple[Integers, Selection]:
        rows = self.arrivals.rows_of(opened.number)
        order = np.random.default_rng([self._seed, opened.number]).permutation(len(rows))
        drawn = order[: len(opened.rows)].astype(np.int64)
        return rows[drawn], Selection.first(drawn, len(drawn), "lot", draws_from=len(rows))


def select_knowing(arrivals: Arrivals, name: str, week: OpenWeek) -> Selection:
    """Return what a reference opens that knows probabilities or labels.

    Parameters
    ----------
    arrivals : Arrivals
    name : {"oracle", "duty_oracle", "clairvoyant"}
        Whether to open the highest true probabilities, the highest expected duty (capped), or the
        frauds.
    week : OpenWeek

    Raises
    ------
    KitError
        If nobody knows the true probabilities.
    """
    if name == "clairvoyant":
        score = (arrivals.fraud == 1).astype(np.float64)
    elif arrivals.probability is None:
        raise KitError("Nobody knows the true probabilities of these declarations: no oracle.")
    else:
        score = arrivals.probability
        if name == "duty_oracle":
            score = score * np.minimum(declared_duty(arrivals.declarations), arrivals.cap)
    order = np.argsort(-score[week.rows], kind="stable")
    return Selection.first(order, week.n_inspections, name)
