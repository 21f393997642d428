"""What of some declarations goes into which table of an edition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from customs_data.edition.layout import (
    ORACLE,
    SAMPLE,
    SOLUTION,
    TEST,
    TRAIN,
    TRAIN_LABELS,
    TRUTH,
    USAGES,
)
from customs_data.edition.writing.source import Part
from customs_data.edition.writing.tally import Tally
from customs_data.schema import DECLARED_COLUMNS, KEY
from customs_data.tasks import Task

Table = tuple[str, pa.Table]


@dataclass(frozen=True)
class RowRules:
    """What decides which columns a table has.

    Attributes
    ----------
    task : Task
    extra : tuple of str
        Extra columns of the declarations.
    """

    task: Task
    extra: tuple[str, ...]

    def tally(self) -> Tally:
        """Return empty counts of published rows."""
        names = (*DECLARED_COLUMNS, *self.extra)
        return Tally(self.task.label, n_missing=dict.fromkeys(names, 0))

    def tables(
        self, period: str, part: Part, kept: npt.NDArray[np.bool_] | None
    ) -> Iterator[Table]:
        """Yield name and rows of each table that some declarations are in.

        Parameters
        ----------
        period : {'train', 'public', 'private'}
        part : Part
        kept : ndarray of bool, shape (n_rows,), or None
            Which training declarations keep their label; None if all do.
        """
        if period == "train":
            yield from self._published(part.declarations, kept)
        else:
            yield from self._asked(part.declarations, USAGES[period])
        for name, table in ((ORACLE, part.oracle), (TRUTH, part.truth)):
            if table is not None:
                yield name, table

    def _published(self, train: pa.Table, kept: npt.NDArray[np.bool_] | None) -> Iterator[Table]:
        """Yield training declarations and their erased labels."""
        task = self.task
        train = train.select([*DECLARED_COLUMNS, *task.labels, *self.extra])
        labels = train.select([KEY, *task.labels])
        if kept is None:
            yield TRAIN, train
            yield TRAIN_LABELS, labels.slice(0, 0)
            return
        keeps = pa.array(kept)
        known = pc.is_valid(train[task.label])
        yield TRAIN_LABELS, labels.filter(pc.and_(pc.invert(keeps), known))
        for name in task.labels:
            place = train.column_names.index(name)
            train = train.set_column(place, name, pc.if_else(keeps, train[name], None))
        yield TRAIN, train

    def _asked(self, declarations: pa.Table, usage: str) -> Iterator[Table]:
        """Yield test declarations without what is asked, and the answers."""
        task = self.task
        test = declarations.select([*task.test_columns, *self.extra])
        yield TEST, test
        if task.asks_declarations:
            usages = pa.array([usage]).take(pa.array(np.zeros(test.num_rows, dtype=np.int8)))
            solution = declarations.select([KEY, *task.target_names])
            yield SAMPLE, self.sample(test.select([KEY]))
            yield SOLUTION, solution.append_column("Usage", usages)

    def sample(self, keys: pa.Table) -> pa.Table:
        """Return a valid submission that says nothing; `keys` has one column."""
        sample = keys
        for name, cells in self.task.answer.sample(keys.column(0)).items():
            sample = sample.append_column(name, cells)
        return sample
