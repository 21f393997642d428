"""Numbers of entities and codes for a network to embed; 0 is the unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.columns.grouping import HS_LEVELS


class Vocabulary:
    """Values of columns, numbered from 1 in order of appearance.

    Parameters
    ----------
    columns : sequence of str
        Declared columns, or 'Heading' and 'Chapter'.
    min_rows : mapping of str to int
        Fewest training declarations, labelled or not, for a column's value to be known.
    """

    def __init__(self, columns: Sequence[str], min_rows: Mapping[str, int]) -> None:
        self.columns = tuple(columns)
        self.min_rows = dict(min_rows)

    def fit(self, X: pd.DataFrame) -> Self:
        """Number the values of training declarations."""
        self.values_: list[pd.Index[Any]] = []
        for name in self.columns:
            counts = _column(X, name).value_counts(sort=False)
            self.values_.append(pd.Index(counts.index[counts >= self.min_rows.get(name, 1)]))
        return self

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of values of each column, including the unknown."""
        return tuple(len(values) + 1 for values in self.values_)

    def find(self, X: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Return numbers, shape (n_declarations, n_columns)."""
        return np.column_stack(
            [
                values.get_indexer(pd.Index(_column(X, name))) + 1
                for name, values in zip(self.columns, self.values_, strict=True)
            ]
        ).astype(np.int64)


def _column(X: pd.DataFrame, name: str) -> pd.Series[Any]:
    return X["HS6 Code"].str[: HS_LEVELS[name]] if name in HS_LEVELS else X[name]
