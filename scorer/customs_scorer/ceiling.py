"""The known ceiling: what a model would score that knew the world and read each declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from customs_data.columns.matching import arrow_text, match_ids
from customs_data.edition.hidden import load_oracle, load_solution
from customs_data.edition.layout import USAGES
from customs_data.edition.loading import Edition
from customs_data.errors import InvalidEditionError
from customs_data.schema import KEY
from customs_data.tasks import Task
from customs_scorer.metrics import metrics_of
from customs_scorer.metrics.metric import InspectionMetric, Metric, TaskMetrics, values_of

Scores = dict[str, dict[str, float]]


def oracle_ceiling(edition: Edition, solution: pd.DataFrame | None = None) -> dict[str, Any]:
    """Return ceiling, prior and schemes of a simulated edition (organizers).

    Parameters
    ----------
    edition : Edition
        An organizer's copy.
    solution : DataFrame, shape (n_test, 4), optional
        Its hidden labels in the order of test, where they have been loaded already.

    Returns
    -------
    dict
        ``ceiling``: by period, the ranked metrics of the true fraud probability given the
        declaration, and reported metrics of which the oracle contains a best answer of their own.
        Empty for a task whose best answer the oracle does not contain.
        ``prior``: the ranked metrics of the true fraud probability before the declaration was
        written. None if this is the ceiling, because the edition has no other (world version 1).
        ``schemes``: by scheme (what the importer really did; "honest"
        for nothing), the number of test declarations and the share of them labelled fraud.

    Raises
    ------
    InvalidEditionError
        If hidden/ is not at hand or holds no oracle.
    """
    task, metrics = edition.task, metrics_of(edition.task)
    if not task.asks_declarations:
        return {"ceiling": {}, "prior": None, "schemes": {}}  # the oracle is about declarations
    if solution is None:
        solution = load_solution(edition.layout, edition.units)
    oracle = rows_of(edition, solution, load_oracle(edition.layout))
    ceiling, prior = _scores(metrics, edition, solution, oracle)
    return {
        "ceiling": ceiling,
        "prior": prior,
        "schemes": _schemes(task, solution, oracle["Scheme"].fillna("").replace("", "honest")),
    }


def binary_label(task: Task) -> str | None:
    """Return the target column that says whether a scheme was found, 0 or 1; None without one."""
    labels = (it.name for it in task.target if it.role == "label" and it.values == (0, 1))
    return next(labels, None)


def _schemes(task: Task, solution: pd.DataFrame, scheme: pd.Series[str]) -> dict[str, Any]:
    """Return size and mean label of each scheme; nothing if the task has no label of 0 and 1."""
    label = binary_label(task)
    if label is None:
        return {}
    table = solution[label].groupby(scheme.to_numpy()).agg(["size", "mean"])
    return {
        str(name): {"n_declarations": int(row["size"]), "fraud_rate": float(row["mean"])}
        for name, row in table.sort_values("size", ascending=False).iterrows()
    }


def rows_of(edition: Edition, solution: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of oracle or truth in the order of the solution.

    Raises
    ------
    InvalidEditionError
        If one is missing.
    """
    places = match_ids(arrow_text(solution[KEY]), arrow_text(table[KEY]))
    if (places < 0).any():
        raise InvalidEditionError(
            f"{edition.layout.hidden} lacks the simulator's truth for some rows of test.csv."
        )
    return table.take(places)


def _scores(
    metrics: TaskMetrics, edition: Edition, solution: pd.DataFrame, oracle: pd.DataFrame
) -> tuple[Scores, Scores | None]:
    """Return the scores of ceiling and prior."""

    def score(some: Sequence[Metric], column: str | tuple[str, ...]) -> Scores:
        chosen = oracle[column if isinstance(column, str) else list(column)]
        best, targets = chosen.to_numpy(np.float64), list(edition.task.target_names)
        return {
            period: values_of(some, solution.loc[rows, targets], best[rows])
            for period, usage in USAGES.items()
            for rows in [(solution["Usage"] == usage).to_numpy()]
        }

    if metrics.oracle is None:
        return {}, None

    def has(column: str | tuple[str, ...] | None) -> bool:
        columns = (column,) if isinstance(column, str) else column or ()
        return bool(columns) and {*columns} <= {*oracle}

    if not has(metrics.oracle):  # the edition is older than the posterior, or than both
        if metrics.prior is None or not has(metrics.prior):
            return {}, None
        return score(metrics.ranked, metrics.prior), None
    ceiling = score(metrics.ranked, metrics.oracle)
    for metric in metrics.reported:
        if isinstance(metric, InspectionMetric) and metric.oracle in oracle:
            for period, value in score([metric], metric.oracle).items():
                ceiling[period] |= value
    return ceiling, None if metrics.prior is None else score(metrics.ranked, metrics.prior)
