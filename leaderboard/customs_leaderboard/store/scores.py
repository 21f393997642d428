"""Exact scores of submissions in the database: one row per submission, period and metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.orm import Session

from customs_data.edition.layout import USAGES
from customs_leaderboard.store.schema import Base, Score, Submission
from customs_scorer.metrics import TaskMetrics

#: Values of the ranked metrics, by period and metric name.
ExactScores = dict[str, dict[str, float]]

_INSERT: Final = insert(Base.metadata.tables[Score.__tablename__])  # cheaper than objects


def save_scores(session: Session, scores: Mapping[int, ExactScores]) -> None:
    """Insert the scores of new submissions, given by number, in one statement."""
    rows = [
        {"submission_number": number, "period": period, "metric": metric, "value": value}
        for number, by_period in scores.items()
        for period, by_metric in by_period.items()
        for metric, value in by_metric.items()
    ]
    session.execute(_INSERT, rows)


def read_scores(
    session: Session,
    metrics: TaskMetrics,
    condition: ColumnElement[bool],
    *,
    previous: bool = False,
) -> dict[int, ExactScores]:
    """Return the scores of the submissions that meet a condition, by their number.

    Periods and metrics are in the order of the task. With `previous`, the scores are those with
    the solution before the newest one; submissions without such scores are left out.
    """
    value = Score.previous_value if previous else Score.value
    query = select(Score.submission_number, Score.period, Score.metric, value).join(Submission)
    rows = session.execute(query.where(condition, value.is_not(None))).all()
    values = {
        (number, period, metric): exact
        for number, period, metric, exact in rows
        if exact is not None
    }
    return {
        number: {
            period: {metric.name: values[number, period, metric.name] for metric in metrics.ranked}
            for period in USAGES
        }
        for number in dict.fromkeys(row.submission_number for row in rows)
    }
