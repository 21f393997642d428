"""Declarations as groups by key: what all attacks look at. No label is read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.columns.grouping import Codebook, Group, Grouping

Floats = npt.NDArray[np.float64]
Key = tuple[str, ...]

IMPORTER = "Importer ID"
BROKER = "Declarant ID"
SELLER = "Seller ID"
PORT = "Country of Departure"
PRODUCT = "HS6 Code"
#: A pool: the goods and the country in which an honest seller deals.
POOL: Key = (PORT, "Chapter")
CELL: Key = (PORT, PRODUCT)


class KeyedRows:
    """Groups of declarations by keys, each numbered when it is first asked for.

    Parameters
    ----------
    X : DataFrame, shape (n_rows, 20)
        Declared columns.

    Attributes
    ----------
    day : ndarray of float64, shape (n_rows,)
        Days since the first.
    """

    def __init__(self, X: pd.DataFrame) -> None:
        self.X = X
        days = X["Date"].to_numpy().astype("datetime64[D]").astype(np.int64)
        self.day: Floats = (days - days.min()).astype(np.float64)
        self._coded = Codebook().fit(X)
        self._groups: dict[Key, tuple[Group, int]] = {}

    def __len__(self) -> int:
        return len(self.day)

    def __getitem__(self, key: Key) -> Group:
        """Return the group of each row, -1 where a cell of the key is empty, shape (n_rows,)."""
        return self._numbered(key)[0]

    def n_groups(self, key: Key) -> int:
        """Return the number of groups of a key."""
        return self._numbered(key)[1]

    def _numbered(self, key: Key) -> tuple[Group, int]:
        if key not in self._groups:
            grouping = Grouping(key)
            self._groups[key] = (grouping.fit(self._coded), grouping.n_groups)
        return self._groups[key]
