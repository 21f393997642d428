"""Groups of declarations that share the values of some columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Group = npt.NDArray[np.int64]

#: Columns derived from the HS code, usable in keys like declared ones.
HS_LEVELS = {"Heading": 4, "Chapter": 2}


class Grouping:
    """Numbers the distinct values of a key (one or more columns) seen in training.

    Parameters
    ----------
    key : sequence of str
        Declared columns, or 'Heading' and 'Chapter' (the HS code's first 4 and 2 digits).

    Attributes
    ----------
    n_groups : int
        Distinct values in training.

    Notes
    -----
    A declaration whose key has an empty cell (a missing seller, say) belongs to no group, as does
    one whose value is unseen: both get -1.
    """

    def __init__(self, key: Sequence[str]) -> None:
        self.key = tuple(key)
        self.n_groups = 0

    def fit(self, X: pd.DataFrame) -> Group:
        """Number the values of `X` and return the group of each row, shape (n_rows,)."""
        self._values: list[pd.Index[Any]] = []
        self._combinations: list[pd.Index[Any]] = []
        group = np.zeros(len(X), dtype=np.int64)
        for name in self.key:
            column = _column(X, name)
            self._values.append(pd.Index(column.dropna().unique()))
            pair = self._pair(group, column, self._values[-1])
            self._combinations.append(pd.Index(np.unique(pair[pair >= 0])))
            group = self._number(pair, self._combinations[-1])
        self.n_groups = len(self._combinations[-1])
        return group

    def find(self, X: pd.DataFrame) -> Group:
        """Return the group of each row, or -1, shape (n_rows,)."""
        group = np.zeros(len(X), dtype=np.int64)
        for name, values, known in zip(self.key, self._values, self._combinations, strict=True):
            group = self._number(self._pair(group, _column(X, name), values), known)
        return group

    @staticmethod
    def _pair(group: Group, column: pd.Series[Any], values: pd.Index[Any]) -> Group:
        """One integer for a group and a further value, -1 where either is unknown.

        Groups are numbered anew after each column, so that the product stays far below 2^63.
        """
        places = values.get_indexer(pd.Index(column))
        sound = (group >= 0) & (places >= 0)
        return np.where(sound, group * len(values) + places, -1).astype(np.int64)

    @staticmethod
    def _number(pair: Group, known: pd.Index[Any]) -> Group:
        return known.get_indexer(pd.Index(pair)).astype(np.int64)


def _column(X: pd.DataFrame, name: str) -> pd.Series[Any]:
    """A declared column, or a level of the HS code."""
    return X["HS6 Code"].str[: HS_LEVELS[name]] if name in HS_LEVELS else X[name]


def declared_columns(key: Sequence[str]) -> tuple[str, ...]:
    """Return the declared columns a key reads, each once.

    Examples
    --------
    >>> declared_columns(("Chapter", "HS6 Code", "Country of Origin"))
    ('HS6 Code', 'Country of Origin')
    """
    return tuple(dict.fromkeys("HS6 Code" if name in HS_LEVELS else name for name in key))


def group_sums(
    group: Group, n_groups: int, weights: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float64]:
    """Sum of weights (or count) of each group, shape (n_groups + 1,); the last entry, 0, is for -1.

    Indexing the result with a group of -1 therefore gives 0.
    """
    known = group >= 0
    kept = None if weights is None else weights[known]
    sums = np.bincount(group[known], weights=kept, minlength=n_groups).astype(np.float64)
    return np.append(sums, 0.0)
