"""Tasks: what an edition can ask.

A module of this folder with a constant `TASK` is a task. Other packages add theirs through the
entry-point group ``customs_kit.tasks``, each naming a module with `TASK` and the task's metrics.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from types import ModuleType
from typing import Final

from customs_data.errors import KitError
from customs_data.schema import Column
from customs_data.tasks.answers import Answer, Choices, Groups, Scores
from customs_data.tasks.task import DECLARATION, DEFAULT, IMPORTER, Task, Unit

__all__ = [
    "DECLARATION",
    "DEFAULT",
    "IMPORTER",
    "Answer",
    "Choices",
    "Groups",
    "Scores",
    "Task",
    "Unit",
    "find_task",
    "label_columns",
    "task_module",
    "task_names",
]

ENTRY_POINTS: Final = "customs_kit.tasks"
_NO_TASKS: Final = ("answers", "task")


@cache
def _built_in() -> tuple[str, ...]:
    return tuple(name for _, name, _ in iter_modules(__path__) if name not in _NO_TASKS)


def _added() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def task_names() -> list[str]:
    """Return the names of all tasks, the default first."""
    return sorted({*_built_in(), *_added()}, key=lambda name: (name != DEFAULT, name))


def task_module(name: str) -> ModuleType:
    """Import the module that defines a task.

    Raises
    ------
    KitError
        If there is no such task, or its module cannot be imported or has no `TASK` of that name.
    """
    if name in _built_in():
        return import_module(f"{__name__}.{name}")
    point = _added().get(name)
    if point is None:
        raise KitError(f"Unknown task {name!r}: choose {', '.join(task_names())}.")
    try:
        module = import_module(point.module)
    except ImportError as error:
        raise KitError(f"The task {name!r} ({point.module}) cannot be imported: {error}.") from None
    if getattr(getattr(module, "TASK", None), "name", None) != name:
        raise KitError(f"{point.module} has no constant TASK named {name!r}.")
    return module


def is_built_in(name: str) -> bool:
    """Whether a task is one of the kit's own."""
    return name in _built_in()


def label_columns() -> dict[str, Column]:
    """Return the label columns that tasks publish with training declarations, by name.

    Examples
    --------
    >>> sorted({"Fraud", "Violation Code"} & label_columns().keys())
    ['Fraud', 'Violation Code']
    """
    tasks = map(find_task, task_names())
    return {column.name: column for task in tasks for column in task.label_columns}


def find_task(name: str = DEFAULT) -> Task:
    """Return a task by its name; errors as of `task_module`.

    Examples
    --------
    >>> find_task("fraud").header
    ('Declaration ID', 'Fraud Score')
    """
    task: Task = task_module(name).TASK
    return task
