"""Ties at the cut: declarations that a submission cannot tell apart where it matters.

A file of classes 0 and 1 is valid, but which of the 1s are opened is then drawn by lot.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from customs_data.edition.layout import USAGES
from customs_data.tasks import Task
from customs_scorer.metrics import InspectionMetric, metrics_of
from customs_scorer.metrics.inspection import open_highest

#: From this share of the opened declarations on, a lot decides too much. On the practice edition,
#: decision_tree (recipe kit, 191 distinct scores) has at most 0.07, lookup (26) 0.43 to 0.76, and
#: a file of classes 1.
WORTH_A_WARNING: Final = Fraction(1, 4)


@dataclass(frozen=True)
class Tie:
    """The declarations with the score at which an inspection ends.

    Attributes
    ----------
    period : {'public', 'private'}
        Test period.
    rate : float
        Inspection rate in (0, 1].
    n_opened : int
        Declarations opened.
    n_tied : int
        Declarations with the lowest score that is opened; 1 if there is no tie.
    n_drawn : int
        How many of these are opened. If not all are, a lot decides.
    """

    period: str
    rate: float
    n_opened: int
    n_tied: int
    n_drawn: int

    @property
    def is_serious(self) -> bool:
        """Whether a lot decides on a share of the opened declarations of `WORTH_A_WARNING`."""
        by_lot = self.n_drawn if self.n_drawn < self.n_tied else 0
        return by_lot >= WORTH_A_WARNING * self.n_opened


@dataclass(frozen=True)
class Ties:
    """Ties of a submission at the cut of each period and rate that teams are ranked on.

    Attributes
    ----------
    n_distinct : int
        Distinct scores among all test declarations.
    cuts : tuple of Tie
        By period, by rate.
    """

    n_distinct: int
    cuts: tuple[Tie, ...]

    @property
    def warning(self) -> str:
        """One or two sentences about serious ties; empty if there is none."""
        serious = [cut for cut in self.cuts if cut.is_serious]
        if not serious:
            return ""
        rates = list(dict.fromkeys(f"{100 * cut.rate:g} %" for cut in serious))
        cuts = f"cut at {rates[0]} falls" if len(rates) == 1 else f"cuts at {_listed(rates)} fall"
        sizes = sorted({cut.n_tied for cut in serious})
        tie = f"a tie of {sizes[0]:,}" if len(sizes) == 1 else f"ties of up to {sizes[-1]:,}"
        scores = f"{self.n_distinct:,} distinct score{'s' if self.n_distinct > 1 else ''}"
        return f"only {scores}; the {cuts} into {tie} declarations. Send probabilities."

    def as_dict(self) -> dict[str, Any]:
        """Return the ties as plain data for JSON."""
        return {
            "n_distinct": self.n_distinct,
            "cuts": [asdict(cut) for cut in self.cuts],
            "warning": self.warning or None,
        }


def ties_of(answer: npt.NDArray[Any], period: npt.NDArray[np.str_], task: Task) -> Ties | None:
    """Return the ties of a submission; needs no label.

    Parameters
    ----------
    answer : ndarray of float64, shape (n_test,)
        Submitted scores.
    period : ndarray of str, shape (n_test,)
        ``'public'`` or ``'private'``, in the same order.
    task : Task
        What was asked.

    Returns
    -------
    Ties or None
        None if the task is not ranked by what an inspection of the highest scores yields.

    Examples
    --------
    Of 40 declarations with the scores 0 and 1, 2 are opened at 5 %; 20 have a 1.

    >>> from customs_data.tasks import find_task
    >>> ties = ties_of(np.tile([0.0, 1.0], 20), np.repeat(["public"], 40), find_task("fraud"))
    >>> ties.cuts[0]
    Tie(period='public', rate=0.05, n_opened=2, n_tied=20, n_drawn=2)
    >>> ties.warning[:57]
    'only 2 distinct scores; the cuts at 5 % and 10 % fall int'
    """
    ranked = metrics_of(task).ranked
    rates = sorted({metric.rate for metric in ranked if isinstance(metric, InspectionMetric)})
    if not rates or answer.ndim > 1:
        return None
    cuts = []
    for name in USAGES:
        scores = answer[period == name]
        if not len(scores):
            continue
        for rate, opened in zip(rates, open_highest(scores, rates), strict=True):
            n_tied = len(opened.tied)
            cuts.append(Tie(name, rate, opened.k, n_tied, opened.k - len(opened.above)))
    return Ties(len(np.unique(answer)), tuple(cuts))


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]])
