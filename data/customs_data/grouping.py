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
        self._values: list[pd.Index[Any]] = [
            pd.Index(_column(X, name).dropna().unique()) for name in self.key
        ]
        combined, sound = self._combine(X)
        self._groups = pd.Index(np.unique(combined[sound]))
        self.n_groups = len(self._groups)
        return self._find(combined, sound)

    def find(self, X: pd.DataFrame) -> Group:
        """Return the group of each row, or -1, shape (n_rows,)."""
        return self._find(*self._combine(X))

    def _combine(self, X: pd.DataFrame) -> tuple[Group, npt.NDArray[np.bool_]]:
        """One integer per row from the places of its values (mixed radix)."""
        combined = np.zeros(len(X), dtype=np.int64)
        sound = np.ones(len(X), dtype=bool)
        for name, values in zip(self.key, self._values, strict=True):
            places = values.get_indexer(pd.Index(_column(X, name)))
            sound &= places >= 0
            combined = combined * (len(values) + 1) + places
        return combined, sound

    def _find(self, combined: Group, sound: npt.NDArray[np.bool_]) -> Group:
        places = self._groups.get_indexer(pd.Index(combined))
        return np.where(sound, places, -1).astype(np.int64)


def _column(X: pd.DataFrame, name: str) -> pd.Series[Any]:
    """A declared column, or a level of the HS code."""
    return X["HS6 Code"].str[: HS_LEVELS[name]] if name in HS_LEVELS else X[name]


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
