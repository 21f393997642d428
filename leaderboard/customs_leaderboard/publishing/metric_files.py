"""Metric files of tasks, and programs for platforms: modules that run without the kit."""

from __future__ import annotations

import inspect
from importlib import import_module
from types import ModuleType
from typing import Final

from customs_data.errors import KitError
from customs_data.tasks import Task, is_built_in, task_module
from customs_leaderboard.publishing.codabench import scoring_program
from customs_scorer.metrics import Metric, metrics_of

_IMPORT: Final = (
    "from customs_scorer.kaggle_metrics.fraud import "
    "ANSWER, SCORES, ParticipantVisibleError, score\n"
)


def metric_module(task: Task) -> ModuleType:
    """Import the metric file of a task (see `customs_scorer.kaggle_metrics`).

    Raises
    ------
    KitError
        If the task has none, or it cannot be imported.
    """
    if is_built_in(task.name):
        name = f"customs_scorer.kaggle_metrics.{task.name}"
    else:
        name = getattr(task_module(task.name), "KAGGLE_METRIC", "")
    try:
        return import_module(name)
    except (ImportError, ValueError) as error:
        raise KitError(f"The task {task.name!r} has no metric file: {error}.") from None


def published_metrics(task: Task) -> list[Metric]:
    """Return the metrics that platforms show, the most important first."""
    metrics = metrics_of(task)
    return [metrics.named(name) for name in metric_module(task).SCORES]


def target_columns(task: Task) -> tuple[str, ...]:
    """Return the columns of the solution that platforms need."""
    columns: tuple[str, ...] = metric_module(task).TARGET
    return columns


def standalone_metric(task: Task) -> str:
    """Return the text of the metric file."""
    return inspect.getsource(metric_module(task))


def standalone_program(task: Task) -> str:
    """Return Codabench's scoring program with the metric's text in the place of its import."""
    program = inspect.getsource(scoring_program)
    if program.count(_IMPORT) != 1:
        raise AssertionError(f"scoring_program must contain once: {_IMPORT}")
    return program.replace(
        _IMPORT,
        f"\n# --- The metric: {metric_module(task).__name__}, word for word ---\n"
        f"{standalone_metric(task).strip()}\n\n\n# --- The program ---\n",
    )
