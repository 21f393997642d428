"""What exploring cost and what it brought, exactly, against a strategy that does not explore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

#: Reasons of declarations that were opened for their score, or because there was none yet.
_EXPLOITING: Final = ("highest", "nothing learned yet")
_MARGIN: Final = 10  # the last tenth of the picks

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ExplorationAccount:
    """Frauds that exploring won and lost.

    Attributes
    ----------
    n_inspections : int
        Declarations that each of the two strategies opened.
    frauds_won : int
        Frauds among the explorer's exploiting picks minus those among as many first picks of the
        other: what the explorer's better knowledge brought.
    frauds_lost : int
        Frauds among the last picks of the other, which exploring displaced, minus those among the
        exploring picks. Won - lost is the difference of the frauds of both.
    marginal_yield : float
        Precision of the other's last tenth of each week. With the base rate it predicts the cost:
        share that explores x (marginal yield - base rate).
    """

    n_inspections: int
    frauds_won: int
    frauds_lost: int
    marginal_yield: float

    def as_dict(self) -> dict[str, float]:
        """Return ``gain``, ``cost`` (per inspection) and ``marginal_yield``."""
        return {
            "gain": self.frauds_won / self.n_inspections,
            "cost": self.frauds_lost / self.n_inspections,
            "marginal_yield": self.marginal_yield,
        }


def explores(chosen_by: dict[str, Any]) -> bool:
    """Whether a strategy opens some declarations for their score and others for another reason.

    Parameters
    ----------
    chosen_by : dict
        As of `customs_scorer.season.measures.count_reasons`.
    """
    exploiting = set(chosen_by) & set(_EXPLOITING)
    return bool(exploiting) and len(exploiting) < len(chosen_by)


def settle_exploration(explorer: pd.DataFrame, other: pd.DataFrame) -> ExplorationAccount:
    """Return the account of a strategy that explores.

    Parameters
    ----------
    explorer, other : DataFrame
        ``InspectionSeason.inspections()`` of both, on the same world; of each week, the other's
        are in the order of its preference. Week, Fraud and Chosen By are read.

    Raises
    ------
    ValueError
        If they did not open equally many declarations in each week.
    """
    place, size = _places(other)
    explored = (~explorer["Chosen By"].isin(_EXPLOITING)).to_numpy(np.bool_)
    week = explorer["Week"].to_numpy(np.int64)
    others_week = other["Week"].to_numpy(np.int64)
    n_weeks = int(max(week.max(initial=0), others_week.max(initial=0)))
    if not np.array_equal(_count(week, n_weeks), _count(others_week, n_weeks)):
        raise ValueError("the two seasons did not open equally many declarations in each week")
    n_explored = _count(week[explored], n_weeks)[others_week]
    displaced = place >= size - n_explored
    fraud, others_fraud = (it["Fraud"].to_numpy() == 1 for it in (explorer, other))
    last = place >= size - np.maximum(size // _MARGIN, 1)
    return ExplorationAccount(
        len(explorer),
        int(fraud[~explored].sum() - others_fraud[~displaced].sum()),
        int(others_fraud[displaced].sum() - fraud[explored].sum()),
        float(others_fraud[last].mean()),
    )


def _places(inspections: pd.DataFrame) -> tuple[Integers, Integers]:
    """Return each row's place in its week, from 0, and how many rows the week has."""
    of_week = inspections.groupby("Week")["Week"]
    place, size = of_week.cumcount(), of_week.transform("size")
    return np.asarray(place, dtype=np.int64), np.asarray(size, dtype=np.int64)


def _count(week: npt.NDArray[Any], n_weeks: int) -> Integers:
    return np.bincount(week, minlength=n_weeks + 1).astype(np.int64)
