"""Counting a table while it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from customs_data.schema import DECLARED_COLUMNS


@dataclass
class Tally:
    """Counts of a period for the manifest and the datasheet.

    Attributes
    ----------
    label : str
        Name of the label that is counted.
    n_rows : int
    first, last : date
        First and last day.
    n_missing : dict of str to int
        Empty cells of each declared and extra column.
    n_labelled, n_positive : int
        Published labels, and how many of them are 1.
    """

    label: str
    n_rows: int = 0
    first: date = date.max
    last: date = date.min
    n_missing: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DECLARED_COLUMNS, 0))
    n_labelled: int = 0
    n_positive: int = 0

    def add(self, table: pa.Table) -> None:
        """Count further rows: declared columns and labels, if any."""
        if table.num_rows == 0:
            return
        self.n_rows += table.num_rows
        ends = pc.min_max(pc.cast(table["Date"], pa.date32())).as_py()
        self.first, self.last = min(self.first, ends["min"]), max(self.last, ends["max"])
        for name in self.n_missing:
            if name in table.column_names:
                self.n_missing[name] += table[name].null_count
        if self.label in table.column_names:
            self.n_labelled += table.num_rows - table[self.label].null_count
            self.n_positive += pc.sum(table[self.label]).as_py() or 0

    def extend(self, other: Tally) -> None:
        """Count what `other` counted, too."""
        self.n_rows += other.n_rows
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        for name, n in other.n_missing.items():
            self.n_missing[name] += n
        self.n_labelled += other.n_labelled
        self.n_positive += other.n_positive

    def followed_by(self, other: Self) -> Tally:
        """Return the counts of this period and a later one together."""
        missing = {name: n + other.n_missing[name] for name, n in self.n_missing.items()}
        return Tally(self.label, self.n_rows + other.n_rows, self.first, other.last, missing)
