"""Ways of exploring: what to open besides the declarations with the highest score."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module

import numpy as np
import numpy.typing as npt

from customs_baselines.season.catalogue import EXPLORERS, EXPLORERS_PACKAGE
from customs_baselines.season.learner import AsOfTrees
from customs_baselines.season.week import Week
from customs_data.errors import KitError
from customs_scorer.season.selection import Selection

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Explorer(ABC):
    """A way of exploring.

    Parameters
    ----------
    name : str
        Written into the reports.
    learner : AsOfTrees
        The strategy's own.
    """

    def __init__(self, name: str, learner: AsOfTrees) -> None:
        self.name = name
        self.learner = learner

    def fit(self, week: Week) -> None:  # noqa: B027 - most need nothing else
        """Learn what this needs besides the learner; called whenever the learner was trained."""

    @abstractmethod
    def select(self, week: Week, p: Floats, share: float, taken: Integers) -> Selection:
        """Return what to explore.

        Parameters
        ----------
        week : Week
        p : ndarray of float64, shape (n_arrivals,)
            Probabilities of the learner.
        share : float
            Share of the inspections, rounded down.
        taken : ndarray of int64
            Rows that are opened anyway. If the selection names them, its spare rows replace them.
        """


class ValueExplorer(Explorer):
    """A way of exploring that gives each arrival a value, and opens the highest."""

    @abstractmethod
    def value(self, week: Week, p: Floats) -> Floats:
        """Return how much each arrival is worth exploring.

        Parameters
        ----------
        week : Week
        p : ndarray of float64, shape (n_arrivals,)
            Probabilities of the learner.

        Returns
        -------
        ndarray of float64, shape (n_arrivals,)
            Finite; ties are drawn.
        """

    def select(self, week: Week, p: Floats, share: float, taken: Integers) -> Selection:
        """Return the highest values."""
        return week.explore(self.value(week, p), share, self.name)


def make_explorer(name: str, learner: AsOfTrees) -> Explorer:
    """Return a way of exploring.

    Raises
    ------
    KitError
        If there is none of this name.
    """
    if name not in EXPLORERS:
        raise KitError(f"Unknown way of exploring {name!r}: choose {', '.join(EXPLORERS)}.")
    made: Explorer = import_module(f"{EXPLORERS_PACKAGE}.{name}").EXPLORER(name, learner)
    return made
