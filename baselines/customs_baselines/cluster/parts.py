"""The public parts of an edition, as workers read them: never all at once, and never hidden/."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from customs_baselines.features.folds import DayCounts
from customs_data.edition.layout import TEST, TRAIN, Layout, find_table
from customs_data.edition.manifest import Manifest
from customs_data.errors import KitError
from customs_data.files.declarations import read_declarations
from customs_data.files.table_parts import is_in_parts, table_parts
from customs_data.schema import ERASED, Column
from customs_data.tasks import find_task


@dataclass(frozen=True)
class PublicParts:
    """Files and columns of an edition in parts.

    Attributes
    ----------
    train, test : tuple of path
        Parquet files in the order of the tables.
    train_columns, test_columns : tuple of Column
        Their columns.
    label : str
        The column that models learn.
    train_period, test_period : (date, date)
        First and last day, both inclusive.
    """

    train: tuple[Path, ...]
    test: tuple[Path, ...]
    train_columns: tuple[Column, ...]
    test_columns: tuple[Column, ...]
    label: str
    train_period: tuple[date, date]
    test_period: tuple[date, date]

    @classmethod
    def of(cls, layout: Layout, manifest: Manifest) -> Self:
        """Return the parts of an edition.

        Raises
        ------
        KitError
            If its tables are not in parts.
        """
        public = layout.public.resolve()
        paths = [find_table(public, name) for name in (TRAIN, TEST)]
        if not all(map(is_in_parts, paths)):
            raise KitError(
                f"{public} has its declarations in one file, which only one worker could read. "
                "Make an edition in parts with `customs-kit data generate --format parts`, or "
                "leave --cluster out."
            )
        task, columns, dates = find_task(manifest.task), manifest.column_set, manifest.dates
        return cls(
            table_parts(paths[0]),
            table_parts(paths[1]),
            columns.apply(task.train_columns),
            columns.apply(task.test_columns),
            task.label,
            dates["train"],
            (dates["public"][0], dates["private"][1]),
        )

    def read_train(self, number: int) -> tuple[pd.DataFrame, npt.NDArray[np.int8]]:
        """Return declarations and labels of a training part; the first one is number 0."""
        frame = read_declarations(
            self.train[number], columns=self.train_columns, period=self.train_period
        )
        y = frame[self.label].to_numpy(np.int8)
        labels = [column.name for column in self.train_columns if column.role == "label"]
        return frame.drop(columns=labels), y

    def read_labels(self, number: int) -> npt.NDArray[np.int8]:
        """Return the labels of a training part alone, shape (n_rows,)."""
        return _labels(self._columns(number, self.label), self.label)

    def count_days(self, number: int) -> DayCounts:
        """Count the rows of a training part by day."""
        table = self._columns(number, "Date", self.label)
        dates = pd.DataFrame({"Date": table["Date"].to_numpy()})
        return DayCounts.of(dates, _labels(table, self.label))

    def _columns(self, number: int, *names: str) -> pa.Table:
        """Read some columns of a training part, unchecked: `read_train` checks them later."""
        with _read_errors(self.train[number]):
            return pyarrow.parquet.read_table(self.train[number], columns=list(names))

    def read_test(self, number: int) -> pd.DataFrame:
        """Return the declarations of a test part."""
        return read_declarations(
            self.test[number], columns=self.test_columns, period=self.test_period
        )


def _labels(table: pa.Table, name: str) -> npt.NDArray[np.int8]:
    """Return labels as models get them; an erased one is an empty cell."""
    labels = pc.fill_null(table[name], ERASED)
    return np.asarray(labels.to_numpy(), dtype=np.int8)


@contextmanager
def _read_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise KitError(f"{path} cannot be read ({reason}). Fetch the edition again.") from None
