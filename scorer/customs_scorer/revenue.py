"""Revenue: the share of the evaded duty that opening the highest scores recovers.

It is reported and never ranked on: a few expensive declarations hold most of the duty, so that a
score which knows only the price recovers most of it. Tables show this score beside every other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.edition.hidden import load_hidden, load_oracle
from customs_data.edition.layout import TRUTH, USAGES
from customs_data.edition.loading import Edition
from customs_data.errors import KitError
from customs_data.season.duty import declared_duty, duty_cap, recoverable_duty
from customs_scorer.ceiling import rows_of
from customs_scorer.metrics.inspection import open_highest
from customs_scorer.scorecard import plain_score

Floats = npt.NDArray[np.float64]

#: Inspection rates, in percent.
PERCENT: Final = (5, 10)


def revenue_recall(recoverable: npt.ArrayLike, score: npt.ArrayLike, rate: float) -> float:
    """Share of the recoverable duty among the ceil(rate * n) declarations with the highest score.

    Parameters
    ----------
    recoverable : array_like of float, shape (n_declarations,)
        KRW, at least 0.
    score : array_like of float, shape (n_declarations,)
        Finite. Ties at the cut count as their expectation.
    rate : float
        Inspection rate in (0, 1].

    Returns
    -------
    float
        In [0, 1]; NaN if there is no duty to recover.

    Raises
    ------
    KitError
        As `open_highest`.

    References
    ----------
    Rev@n % of Kim et al., 'DATE', KDD 2020, section 5.

    Examples
    --------
    One of two is opened, and they tie: half of each.

    >>> revenue_recall([30.0, 10.0], [0.5, 0.5], 0.5)
    0.5
    """
    (opened,) = open_highest(score, [rate])
    duty = np.asarray(recoverable, dtype=np.float64)
    everything = fsum(duty)
    return fsum(opened.chances() * duty) / everything if everything > 0 else float("nan")


#: Scores to compare with, by name: what a table calls them.
YARDSTICKS: Final = {
    "item_price": "Item Price alone",
    "declared_duty": "declared duty alone",
    "capped_declared_duty": "declared duty, capped",
    "true_probability": "true probability",
    "true_expected_duty": "true probability x capped declared duty",
    "recoverable_duty": "knows the duty",
}


@dataclass(frozen=True)
class RevenueScore:
    """Revenue of one submission.

    Attributes
    ----------
    public, private : dict
        ``revenue_recall_at_5``, ``capped_revenue_recall_at_5`` and the same at 10 %; NaN if there
        is no duty to recover.
    revenue : Revenue
        What it was measured with.
    """

    public: dict[str, float]
    private: dict[str, float]
    revenue: Revenue

    def as_dict(self) -> dict[str, Any]:
        """Return the scores as plain data, with the cap in KRW and the yardsticks."""
        yardsticks = self.revenue.yardsticks()
        return {
            "cap": self.revenue.cap,
            "public": plain_score(self.public),
            "private": plain_score(self.private),
            "yardsticks": {
                name: {"public": plain_score(it.public), "private": plain_score(it.private)}
                for name, it in yardsticks.items()
            },
        }


class Revenue:
    """Revenue of the test declarations of an edition whose truth is at hand.

    Parameters
    ----------
    recoverable : ndarray of float64, shape (n_test,)
        Duty in KRW that opening a declaration recovers.
    usage : ndarray of str, shape (n_test,)
        Public or Private.
    cap : float
        Most that a declaration counts for in capped revenue, in KRW.
    others : dict of str to ndarray of float64, shape (n_test,)
        Scores to compare with, by their name in `YARDSTICKS`.
    """

    def __init__(
        self,
        recoverable: Floats,
        usage: npt.NDArray[Any],
        cap: float,
        others: Mapping[str, Floats],
    ) -> None:
        self.cap = cap
        self._recoverable = recoverable
        self._usage = usage
        self._others = others
        self._yardsticks: dict[str, RevenueScore] = {}

    def score(self, answer: npt.NDArray[Any]) -> RevenueScore:
        """Return the revenue of submitted scores, shape (n_test,), in the order of the edition."""
        periods = {}
        for period, usage in USAGES.items():
            rows = self._usage == usage
            raw, submitted = self._recoverable[rows], answer[rows]
            periods[period] = {
                f"{name}_at_{n}": revenue_recall(duty, submitted, n / 100)
                for name, duty in (
                    ("capped_revenue_recall", np.minimum(raw, self.cap)),
                    ("revenue_recall", raw),
                )
                for n in PERCENT
            }
        return RevenueScore(**periods, revenue=self)

    def yardsticks(self) -> dict[str, RevenueScore]:
        """Return the revenue of scores to compare with, by their name in `YARDSTICKS`."""
        if not self._yardsticks:
            self._yardsticks = {name: self.score(it) for name, it in self._others.items()}
        return self._yardsticks


def revenue_of(edition: Edition, solution: pd.DataFrame) -> Revenue:
    """Return the revenue of an edition.

    Parameters
    ----------
    edition : Edition
        Organizer's copy.
    solution : DataFrame, shape (n_test, n_columns)
        The hidden labels, in the order of the edition's test declarations.

    Raises
    ------
    KitError
        If nobody knows the duty evaded: imported declarations, world version 1, another task.
    """
    if not edition.layout.has_truth or "Fraud" not in solution:
        raise KitError(
            f"{edition.layout.hidden} does not contain the duty evaded (truth.csv), so there "
            "is no revenue to report. Editions that `customs-kit data generate` makes contain it."
        )
    truth = rows_of(edition, solution, load_hidden(edition.layout, TRUTH))
    recoverable = recoverable_duty(
        solution["Fraud"].to_numpy(), truth["Duty Evaded"].to_numpy(np.float64)
    )
    cap, duty = duty_cap(edition.train), declared_duty(edition.test)
    others = {
        "item_price": edition.test["Item Price"].to_numpy(np.float64),
        "declared_duty": duty,
        "capped_declared_duty": np.minimum(duty, cap),
    }
    if edition.layout.has_oracle:
        oracle = rows_of(edition, solution, load_oracle(edition.layout))
        probability = oracle["Posterior Probability"].to_numpy(np.float64)
        others["true_probability"] = probability
        others["true_expected_duty"] = probability * np.minimum(duty, cap)
    others["recoverable_duty"] = recoverable
    return Revenue(recoverable, solution["Usage"].to_numpy(), cap, others)
