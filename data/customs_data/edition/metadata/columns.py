"""Columns of an edition's public tables."""

from __future__ import annotations

from customs_data.edition.layout import SAMPLE, TEST, TRAIN
from customs_data.schema import COLUMN, Column, Role
from customs_data.tasks import Scores, Task


def public_columns(task: Task, answer: str = "") -> dict[str, tuple[Column, ...]]:
    """Return the columns of each public table, in their order.

    Parameters
    ----------
    task : Task
        Task of the edition.
    answer : str
        Description of the columns that a submission has after its key.

    Examples
    --------
    >>> from customs_data.tasks import find_task
    >>> [column.name for column in public_columns(find_task("fraud"))["sample_submission"]]
    ['Declaration ID', 'Fraud Score']
    """
    role: Role = "number" if isinstance(task.answer, Scores) else "code"
    return {
        TRAIN: tuple(COLUMN[c] if isinstance(c, str) else c for c in task.train_columns),
        TEST: tuple(COLUMN[name] for name in task.test_columns),
        SAMPLE: (
            COLUMN[task.unit.key],
            *(Column(name, role, answer) for name in task.answer.columns),
        ),
    }
