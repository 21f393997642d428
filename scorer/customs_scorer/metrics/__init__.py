"""Metrics: which declarations an inspection opens, and what that is worth.

`gains` (what each unit adds), `inspection` (opening the highest-scored declarations), `metric` (the
contract), and a module of metrics for each of the kit's tasks. A task of another package defines
`METRICS` beside its `TASK`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from customs_data.errors import KitError
from customs_data.tasks import Task, find_task, is_built_in, task_module, task_names
from customs_scorer.metrics.metric import InspectionMetric, Metric, TaskMetrics, Words

__all__ = ["RANKED", "InspectionMetric", "Metric", "TaskMetrics", "Words", "metrics_of"]


@cache
def _metrics_of(name: str) -> TaskMetrics:
    module = import_module(f"{__name__}.{name}") if is_built_in(name) else task_module(name)
    metrics = getattr(module, "METRICS", None)
    if not isinstance(metrics, TaskMetrics):
        raise KitError(f"{module.__name__} has no constant METRICS for the task {name!r}.")
    return metrics


def metrics_of(task: Task | str | None = None) -> TaskMetrics:
    """Return the metrics of a task; of fraud if none is named.

    Raises
    ------
    KitError
        If the task is unknown, or its module defines no `METRICS`.

    Examples
    --------
    >>> [metric.name for metric in metrics_of("fraud").ranked]
    ['precision_at_5', 'precision_at_10']
    """
    if task is None:
        task = find_task()
    return _metrics_of(task if isinstance(task, str) else task.name)


def __getattr__(name: str) -> Any:
    # Collected when it is asked for: tasks of other packages count, too.
    if name == "RANKED":
        return {task: tuple(m.name for m in metrics_of(task).ranked) for task in task_names()}
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
