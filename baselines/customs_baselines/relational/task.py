"""The task of an edition as one of RelBench: the label of each declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from relbench.base import Database, EntityTask, Table, TaskType
from relbench.metrics import roc_auc

from customs_baselines.relational.database import DECLARATION, TIME, DeclarationDataset, Key
from customs_data.columns.grouping import declared_columns
from customs_data.edition.hidden import load_solution
from customs_data.edition.loading import Edition
from customs_data.errors import KitError
from customs_data.graph import ENTITIES
from customs_data.schema import ERASED
from customs_data.split import TimeSplit
from customs_data.tasks import DECLARATION as DECLARATION_UNIT
from customs_data.tasks import Scores
from customs_scorer.metrics import Metric, metrics_of

Evaluation = Callable[[npt.NDArray[Any], npt.NDArray[Any]], float]


def relbench_task(
    edition: Edition,
    *,
    entities: Mapping[str, Key] = ENTITIES,
    later_share: float = 0.25,
    with_answers: bool = False,
) -> DeclarationTask:
    """Return the task of an edition for RelBench's training and evaluation.

    Parameters
    ----------
    edition : Edition
        From `load_edition`.
    entities : mapping of str to tuple of str
        Tables beside ``"declaration"``; see `customs_data.graph.hetero_data`.
    later_share : float
        Share of the days of training that is for validation, in (0, 1).
    with_answers : bool
        Whether to read the labels of test from hidden/ (organizers), so that `evaluate` judges
        predictions of test.

    Returns
    -------
    relbench.base.EntityTask
        ``task.get_db()``, ``task.get_table("train")``, ``"val"``, ``"test"``, ``task.evaluate``.
        Rows of the test table are those of ``edition.test``, in its order.

    Raises
    ------
    KitError
        If the edition does not ask for scores of declarations with a label of 0 or 1, or the
        answers are not at hand.
    """
    task = edition.task
    label = task.label_columns[0]
    if (
        not isinstance(task.answer, Scores)
        or task.unit != DECLARATION_UNIT
        or label.values != (0, 1)
    ):
        raise KitError(
            f"RelBench's evaluation fits scores of declarations with a label of 0 or 1, which the "
            f"task {task.name!r} does not ask for."
        )
    ((earlier, later),) = TimeSplit(later_share=later_share).masks(edition.train[TIME])
    X = pd.concat([edition.train[list(edition.test)], edition.test], ignore_index=True)
    X = X.dropna(axis="columns", how="all")  # an empty column says nothing and links nobody
    y = np.append(edition.y, np.full(len(edition.test), ERASED, dtype=np.int8))
    if with_answers:
        solution = load_solution(edition.layout, edition.units)
        y[len(edition.train) :] = solution[task.label].to_numpy(np.int8)
    both = {k: key for k, key in entities.items() if set(declared_columns(key)) <= set(X)}
    dataset = DeclarationDataset(
        edition.manifest.name,
        X,
        both,
        pd.Timestamp(edition.train.loc[earlier, TIME].max()),
        pd.Timestamp(edition.train[TIME].max()),
    )
    split = np.concatenate([np.where(later, "val", "train"), np.full(len(edition.test), "test")])
    judged = pd.DataFrame({task.label: pd.Series(dtype=np.int8)})
    ranked = metrics_of(task).computable(judged)
    return DeclarationTask(
        dataset, task.label, y, split, [_evaluation(m, task.label) for m in ranked]
    )


class DeclarationTask(EntityTask):
    """Predict the label of each declaration from what was declared up to the same day.

    Declarations to predict are rows of the database: what they declare is known, and no table has
    a label.

    Parameters
    ----------
    dataset : DeclarationDataset
        The declarations.
    label : str
        Name of the label.
    y : ndarray of int8, shape (n_declarations,)
        The labels; -1 where there is none.
    split : ndarray of str, shape (n_declarations,)
        ``"train"``, ``"val"`` or ``"test"``.
    metrics : list of callable
        The task's own metrics, beside RelBench's.
    """

    task_type = TaskType.BINARY_CLASSIFICATION
    timedelta = pd.Timedelta(days=1)
    entity_col = DECLARATION
    entity_table = DECLARATION
    time_col = TIME
    num_classes = 2

    def __init__(
        self,
        dataset: DeclarationDataset,
        label: str,
        y: npt.NDArray[np.int8],
        split: npt.NDArray[np.str_],
        metrics: list[Evaluation],
    ) -> None:
        super().__init__(dataset)
        self.target_col = label
        self.metrics = [roc_auc, *metrics]
        self._y = y
        self._split = split

    def __repr__(self) -> str:
        return f"DeclarationTask({self.target_col!r}, {self.dataset!r})"

    def get_db(self, upto_test_timestamp: bool = False) -> Database:
        """Return the database; by default with the declarations to predict."""
        return super().get_db(upto_test_timestamp=upto_test_timestamp)

    def evaluate(
        self,
        pred: npt.NDArray[Any],
        target_table: Table | None = None,
        metrics: list[Evaluation] | None = None,
    ) -> dict[str, float]:
        """Return RelBench's metric and those of the edition's task, by name.

        Parameters
        ----------
        pred : ndarray of float, shape (n_rows,)
            Scores of the rows of a table.
        target_table : Table, optional
            Table with labels; that of test by default.
        metrics : list of callable, optional
            Other metrics.

        Raises
        ------
        KitError
            If the labels of test are hidden.
        """
        if target_table is None and (self._y[self._split == "test"] == ERASED).any():
            raise KitError(
                "The labels of test are hidden. Send a submission, or evaluate on "
                'task.get_table("val"); organizers ask for relbench_task(..., with_answers=True).'
            )
        return dict(super().evaluate(pred, target_table, metrics))

    def _get_table(self, split: str, db: Database | None = None) -> Table:
        """Return the rows of a split: labelled declarations, or all to predict."""
        if split not in ("train", "val", "test"):
            raise KitError(f"There is no split {split!r}: choose train, val or test.")
        chosen = self._split == split
        if split != "test":
            chosen &= self._y != ERASED
        rows = np.flatnonzero(chosen)
        dates = self.dataset.dates[rows]
        frame = pd.DataFrame({TIME: dates, DECLARATION: rows, self.target_col: self._y[rows]})
        return Table(frame, {DECLARATION: DECLARATION}, pkey_col=None, time_col=TIME)


def _evaluation(metric: Metric, label: str) -> Evaluation:
    """Return a metric of the scorer as RelBench calls it, under its own name."""

    def evaluate(true: npt.NDArray[Any], pred: npt.NDArray[Any]) -> float:
        return metric.value(pd.DataFrame({label: true}), np.asarray(pred).reshape(len(true)))

    evaluate.__name__ = metric.name
    return evaluate
