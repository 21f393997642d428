"""The scorecard: everything a submission is scored by, in both test periods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.edition.layout import USAGES
from customs_data.tasks import Task, find_task
from customs_scorer.bootstrap import bootstrap_intervals
from customs_scorer.metrics import TaskMetrics, metrics_of
from customs_scorer.metrics.metric import values_of

N_REPLICATES: Final = 1000
# A nation's declarations need fewer samples: their intervals are narrow, and each takes a second.
_MOST_DRAWS: Final = 1_000_000_000
_FEWEST_REPLICATES: Final = 200

#: Scores of one test period by name: ``n_declarations`` and the task's other counts, its metrics,
#: ``n_unseen`` (declarations whose six-tuple, `customs_data.schema.LOOKUP_TUPLE`, no training
#: declaration has, so that there is no label to copy), ``unseen_METRIC`` of the ranked metrics on
#: these alone, and the 95 % bootstrap intervals of the ranked metrics (None where left out).
PeriodScore = dict[str, Any]


@dataclass(frozen=True)
class Scorecard:
    """Scores of a submission: the public and the private period."""

    public: PeriodScore
    private: PeriodScore
    metrics: TaskMetrics

    def as_dict(self) -> dict[str, Any]:
        """Return the scorecard as plain data; NaN becomes None, which JSON can express."""
        return {
            period: {
                name: None if isinstance(value, float) and np.isnan(value) else value
                for name, value in getattr(self, period).items()
            }
            for period in USAGES
        }

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
    unseen : ndarray of bool, shape (n_test,)
        Whether there is no label to copy (`customs_data.lookup.is_unseen`).
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
    score: PeriodScore = {"n_declarations": len(answers), **metrics.counts(answers)}
    score |= values_of(metrics.all, answers, answer)
    score["n_unseen"] = int(np.count_nonzero(unseen))
    alone = values_of(metrics.ranked, answers[unseen], answer[unseen]) if unseen.any() else {}
    score |= {f"unseen_{m.name}": alone.get(m.name, float("nan")) for m in metrics.ranked}
    intervals: list[tuple[float, float] | None] = [None] * len(metrics.ranked)
    if n_replicates:
        samples = min(n_replicates, max(_FEWEST_REPLICATES, _MOST_DRAWS // len(answers)))
        intervals = [
            *bootstrap_intervals(metrics.ranked, answers, answer, n_replicates=samples, seed=seed)
        ]
    names = (metric.interval_name for metric in metrics.ranked)
    return score | dict(zip(names, intervals, strict=True))
