"""Metrics of the task scheme: how well each violation is ranked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.tasks.scheme import VIOLATIONS
from customs_data.world.schemes import POSTERIORS, PRIORS
from customs_scorer.metrics.metric import Metric, TaskMetrics, Words

_LABEL: Final = "Violation Code"


@dataclass(frozen=True, kw_only=True)
class AveragePrecision(Metric):
    """Mean over violations of the average precision of their scores.

    Average precision is the mean, over the declarations with a violation, of the share of them
    among all with at least their score (ties together; scikit-learn's definition). Violations that
    a period or a bootstrap sample lacks are left out of the mean.

    Attributes
    ----------
    codes : tuple of int
        Codes of the violations; the score of code c is column c - 1.
    """

    codes: tuple[int, ...]

    def value(self, answers: pd.DataFrame, answer: npt.NDArray[Any]) -> float:
        """See `Metric.value`; NaN if the period has none of the violations."""
        return float(self.sampler(answers, answer)(np.ones((1, len(answers)), dtype=np.int32))[0])

    def chance_value(self, answers: pd.DataFrame) -> float:
        """Value of equal scores: the mean share of the violations that the period has."""
        if len(answers) == 0:
            return float("nan")
        return self.value(answers, np.zeros((len(answers), max(self.codes))))

    def sampler(
        self, answers: pd.DataFrame, answer: npt.NDArray[Any]
    ) -> Callable[[npt.NDArray[np.int32]], npt.NDArray[np.float64]]:
        """See `Metric.sampler`."""
        violation = answers[_LABEL].to_numpy()
        ranked = [_Ranked(answer[:, code - 1], violation == code) for code in self.codes]

        def sample(counts: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
            each = np.stack([one.average_precision(counts) for one in ranked])
            known = ~np.isnan(each)
            n = known.sum(axis=0)
            return np.where(
                n > 0, np.where(known, each, 0.0).sum(axis=0) / np.maximum(n, 1), np.nan
            )

        return sample


class _Ranked:
    """Declarations by one score, highest first, in groups of equal scores."""

    def __init__(self, score: npt.NDArray[np.float64], positive: npt.NDArray[np.bool_]) -> None:
        self._order = np.argsort(-score, kind="stable")
        ordered = score[self._order]
        self._ends = np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])
        self._positive = positive[self._order]

    def average_precision(self, counts: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        drawn = counts[:, self._order]
        n = np.cumsum(drawn, axis=1)[:, self._ends].astype(np.float64)
        hits = np.cumsum(drawn * self._positive, axis=1)[:, self._ends].astype(np.float64)
        gained = np.diff(hits, axis=1, prepend=0.0)
        total = hits[:, -1]
        area = (gained * hits / np.maximum(n, 1.0)).sum(axis=1)
        return np.where(total > 0, area / np.maximum(total, 1.0), np.nan)


def _counts(answers: pd.DataFrame) -> dict[str, int]:
    return {"n_violations": int(np.count_nonzero(answers[_LABEL].to_numpy() > 0))}


METRICS: Final = TaskMetrics(
    ranked=(
        AveragePrecision(
            "mean_average_precision",
            "mean average precision",
            "mean AP",
            definition="the mean, over the violations, of the average precision of their scores",
            codes=tuple(range(1, len(VIOLATIONS) + 1)),
        ),
    ),
    reported=tuple(
        AveragePrecision(
            f"{name.replace(' ', '_')}_average_precision", f"AP, {name}", name, codes=(code,)
        )
        for code, name in enumerate(VIOLATIONS, start=1)
    ),
    counts=_counts,
    count_titles={"n_violations": "violations"},
    words=Words(
        chance_meaning="equal scores for all declarations",
        copied="copied violations",
        copied_meaning="how often training declarations of the same tuple (HS6, departure, origin, "
        "tax rate, tax type, net mass) had each violation, if there are any",
        copied_sentence="Copying the violations of exact twins scores",
    ),
    oracle=POSTERIORS,
    prior=PRIORS,
)
