"""Columns of an edition's public tables."""

from __future__ import annotations

from customs_data.columns.column_set import ColumnSet
from customs_data.edition.layout import SAMPLE, TEST, TRAIN
from customs_data.schema import COLUMN, Column, Role
from customs_data.tasks import Scores, Task


def public_columns(
    task: Task, edition: ColumnSet, answer: str = ""
) -> dict[str, tuple[Column, ...]]:
    """Return the columns of each public table, in their order.

    Parameters
    ----------
    task : Task
        Task of the edition.
    edition : ColumnSet
        Its absent and extra columns.
    answer : str
        Description of the columns that a submission has after its key.

    Examples
    --------
    >>> from customs_data.tasks import find_task
    >>> columns = public_columns(find_task("fraud"), ColumnSet())
    >>> [column.name for column in columns["sample_submission"]]
    ['Declaration ID', 'Fraud Score']
    """
    role: Role = "number" if isinstance(task.answer, Scores) else "code"
    return {
        TRAIN: tuple(map(_column, edition.apply(task.train_columns))),
        TEST: tuple(map(_column, edition.apply(task.test_columns))),
        SAMPLE: (
            COLUMN[task.unit.key],
            *(Column(name, role, answer) for name in task.answer.columns),
        ),
        **task.given,
    }


def _column(column: str | Column) -> Column:
    return COLUMN[column] if isinstance(column, str) else column
