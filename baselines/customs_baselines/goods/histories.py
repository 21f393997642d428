"""Which goods went with which values of a key in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

from customs_baselines.goods.codes import Integers
from customs_data.columns.grouping import Codebook, CodedTable, Grouping


@dataclass(frozen=True)
class History:
    """Declarations of training, or sums over them, by value of a key and goods.

    Attributes
    ----------
    grouping : Grouping
        Values of the key.
    counts : csr_matrix of float32, shape (n_groups + 1, n_codes)
        The last row, empty, is that of group -1.
    total : ndarray of float32, shape (n_groups + 1,)
        Its sums.
    """

    grouping: Grouping
    counts: csr_matrix
    total: npt.NDArray[np.float32]

    @classmethod
    def of(
        cls,
        key: Sequence[str],
        X: CodedTable,
        goods: Integers,
        n_codes: int,
        weights: npt.NDArray[np.floating] | None = None,
    ) -> History:
        """Count the goods of each value of a key, or sum weights of shape (n_train,)."""
        grouping = Grouping(key)
        group = grouping.fit(X)
        known = group >= 0
        one = np.ones(len(group)) if weights is None else weights
        shape = (grouping.n_groups + 1, n_codes)
        counts = csr_matrix(
            (one[known].astype(np.float32), (group[known], goods[known])), shape=shape
        )
        counts.sum_duplicates()
        return cls(grouping, counts, np.asarray(counts.sum(axis=1), dtype=np.float32).ravel())

    def of_pairs(self, group: Integers, goods: Integers) -> npt.NDArray[np.float32]:
        """Return how often goods went with groups, shape of both."""
        rows = np.where(group >= 0, group, len(self.total) - 1)
        n_codes = self.counts.shape[1]
        key = rows.ravel() * n_codes + goods.ravel()
        if len(self._keys) == 0:
            return np.zeros(goods.shape, dtype=np.float32)
        place = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        there = self._keys[place] == key
        return np.where(there, self.counts.data[place], np.float32(0)).reshape(goods.shape)

    @cached_property
    def _keys(self) -> Integers:
        """Group and goods of each entry as one number, ascending."""
        rows = np.repeat(np.arange(self.counts.shape[0]), np.diff(self.counts.indptr))
        return np.asarray(rows * self.counts.shape[1] + self.counts.indices, dtype=np.int64)


class Histories:
    """Histories of several keys.

    Parameters
    ----------
    keys : sequence of tuple of str
        Declared columns of each key.
    X : DataFrame, shape (n_train, n_columns)
    goods : ndarray of int64, shape (n_train,)
    n_codes : int
    weights : ndarray, shape (n_train,), optional
        What each declaration counts; 1 by default.

    Attributes
    ----------
    by_key : dict of tuple to History
    coded : CodedTable
        The training declarations.
    """

    def __init__(
        self,
        keys: Sequence[tuple[str, ...]],
        X: pd.DataFrame,
        goods: Integers,
        n_codes: int,
        weights: npt.NDArray[np.floating] | None = None,
    ) -> None:
        self._book = Codebook()
        self.coded = self._book.fit(X)
        self.by_key = {
            key: History.of(key, self.coded, goods, n_codes, weights) for key in map(tuple, keys)
        }

    def groups(self, X: pd.DataFrame) -> dict[tuple[str, ...], Integers]:
        """Return the group of each declaration by key; -1 for a value that training lacks."""
        coded = self._book.find(X)
        return {key: history.grouping.find(coded) for key, history in self.by_key.items()}
