"""The scorecard: everything a submission is scored by, in both test periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.edition.layout import USAGES
from customs_data.tasks import Task, find_task
from customs_scorer.bootstrap import bootstrap_intervals
from customs_scorer.metrics import Metric, TaskMetrics, metrics_of
from customs_scorer.metrics.metric import values_of

N_REPLICATES: Final = 1000
# A nation's declarations need fewer samples: their intervals are narrow, and each takes a second.
_MOST_DRAWS: Final = 1_000_000_000
_FEWEST_REPLICATES: Final = 200

#: Scores of one test period by name: ``n_declarations`` (or other units) and the task's other
#: counts, its metrics, ``n_unseen`` (units for which training has nothing to copy,
#: `TaskMetrics.unseen`), ``unseen_METRIC`` of the ranked metrics on these alone, the 95 % bootstrap
#: intervals of the ranked metrics (None where left out), and ``chance_METRIC``: what they are for
#: equal scores, which for precision is the base rate.
PeriodScore = dict[str, Any]


@dataclass(frozen=True)
class Scorecard:
    """Scores of a submission: the public and the private period."""

    public: PeriodScore
    private: PeriodScore
    metrics: TaskMetrics

    def as_dict(self) -> dict[str, Any]:
        """Return the scorecard as plain data (`plain_score`)."""
        return {period: plain_score(getattr(self, period)) for period in USAGES}

    @property
    def rank_key(self) -> tuple[float, ...]:
        """Sort key that puts better submissions first: the ranked metrics on Private, in order."""
        return self.metrics.rank_key(self.private)


def score_submission(
    solution: pd.DataFrame,
    answer: npt.NDArray[Any],
    unseen: npt.NDArray[np.bool_],
    *,
    task: Task | None = None,
    n_replicates: int = N_REPLICATES,
    seed: int = 0,
) -> Scorecard:
    """Score a submission in both periods.

    Parameters
    ----------
    solution : DataFrame, shape (n_test, n_targets + 1 or more)
        The task's target columns and Usage.
    answer : ndarray of float64, shape (n_test,)
        Submitted scores in the order of `solution`.
    unseen : ndarray of bool, shape (n_units,)
        Whether there is nothing to copy (`TaskMetrics.unseen`).
    task : Task, optional
        What was asked; fraud by default.
    n_replicates : int
        Bootstrap replicates of the intervals; 0 leaves them out.
    seed : int
        Seed of the bootstrap.
    """
    task = task or find_task()
    metrics, answer = metrics_of(task), np.asarray(answer)
    periods = {}
    for period, usage in USAGES.items():
        rows = (solution["Usage"] == usage).to_numpy()
        periods[period] = score_rows(
            metrics,
            solution.loc[rows, list(task.target_names)],
            answer[rows],
            unseen[rows],
            n_replicates=n_replicates,
            seed=seed,
        )
    return Scorecard(**periods, metrics=metrics)


def score_rows(
    metrics: TaskMetrics,
    answers: pd.DataFrame,
    answer: npt.NDArray[Any],
    unseen: npt.NDArray[np.bool_],
    *,
    n_replicates: int = N_REPLICATES,
    seed: int = 0,
) -> PeriodScore:
    """Score one set of declarations: true target columns against submitted ones, row by row."""
    score: PeriodScore = {metrics.n_units: len(answers), **metrics.counts(answers)}
    score |= values_of(metrics.all, answers, answer)
    score["n_unseen"] = int(np.count_nonzero(unseen))
    alone = values_of(metrics.ranked, answers[unseen], answer[unseen]) if unseen.any() else {}
    score |= {f"unseen_{m.name}": alone.get(m.name, float("nan")) for m in metrics.ranked}
    intervals = intervals_of(metrics.ranked, answers, answer, n_replicates=n_replicates, seed=seed)
    return score | intervals | chances_of(metrics.ranked, answers)


def plain_score(score: PeriodScore) -> PeriodScore:
    """Return scores with None for NaN, which JSON cannot express."""
    return {
        name: None if isinstance(value, float) and np.isnan(value) else value
        for name, value in score.items()
    }


def intervals_of(
    metrics: Sequence[Metric],
    answers: pd.DataFrame,
    answer: npt.NDArray[Any],
    *,
    n_replicates: int = N_REPLICATES,
    seed: int = 0,
) -> dict[str, tuple[float, float] | None]:
    """Return the 95 % bootstrap interval of each metric by its name; None without replicates."""
    intervals: list[tuple[float, float] | None] = [None] * len(metrics)
    if n_replicates:
        samples = min(n_replicates, max(_FEWEST_REPLICATES, _MOST_DRAWS // len(answers)))
        intervals = [
            *bootstrap_intervals(metrics, answers, answer, n_replicates=samples, seed=seed)
        ]
    return dict(zip((metric.interval_name for metric in metrics), intervals, strict=True))


def chances_of(metrics: Sequence[Metric], answers: pd.DataFrame) -> dict[str, float]:
    """Return by ``chance_METRIC`` what an answer that says nothing would get."""
    chances = {f"chance_{metric.name}": metric.chance_value(answers) for metric in metrics}
    return {name: value for name, value in chances.items() if not np.isnan(value)}
