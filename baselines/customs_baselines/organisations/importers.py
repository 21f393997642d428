"""Importers as their declarations show them: lives, prices, and what they use how often."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from customs_data.columns.grouping import Codebook, Group, Grouping

Floats = npt.NDArray[np.float64]
Key = tuple[str, ...]

IMPORTER: Final = "Importer ID"
SELLER: Final = "Seller ID"
DECLARANT: Final = "Declarant ID"
PORT: Final = "Country of Departure"
PRODUCT: Final = "HS6 Code"


class Importers:
    """The importers of some declarations, sorted by ID.

    Parameters
    ----------
    X : DataFrame, shape (n_declarations, 20)
        Declared columns.

    Attributes
    ----------
    ids : ndarray of str, shape (n_importers,)
    n_rows, first, last : ndarray of float64, shape (n_importers,)
        Number of declarations; first and last day, counted from the first of all.
    price : ndarray of float64, shape (n_importers,)
        Mean ln unit price, as distance from the mean of the same HS code.
    """

    def __init__(self, X: pd.DataFrame) -> None:
        self._coded = Codebook().fit(X)
        self._of_row = self._coded[IMPORTER].astype(np.int64)
        self.ids = np.array(self._coded.book.values(IMPORTER), dtype=object)
        n = len(self.ids)
        self.n_rows = np.bincount(self._of_row, minlength=n).astype(np.float64)
        day = X["Date"].to_numpy().astype("datetime64[D]").astype(np.float64)
        day -= day.min()
        self.first, self.last = np.full(n, np.inf), np.full(n, -np.inf)
        np.minimum.at(self.first, self._of_row, day)
        np.maximum.at(self.last, self._of_row, day)
        mass, price = (X[name].to_numpy(np.float64) for name in ("Net Mass", "Item Price"))
        unit_price = np.log(np.maximum(price, 1e-9) / np.maximum(mass, 1e-9))
        goods = Grouping((PRODUCT,)).fit(self._coded)
        usual = np.bincount(goods, unit_price) / np.maximum(np.bincount(goods), 1)
        self.price = np.bincount(self._of_row, unit_price - usual[goods], minlength=n) / self.n_rows
        self._counts: dict[Key, sparse.csr_array] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, ids: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Return the number of each importer, -1 if it declares nothing."""
        return np.asarray(pd.Index(self.ids).get_indexer(pd.Index(ids)), dtype=np.int64)

    def counts(self, key: Key) -> sparse.csr_array:
        """Return declarations of each importer by value of a key, (n_importers, n_values)."""
        if key not in self._counts:
            grouping = Grouping(key)
            group: Group = grouping.fit(self._coded)
            known = group >= 0
            place = (self._of_row[known], group[known])
            shape = (len(self), max(grouping.n_groups, 1))
            counts = sparse.coo_array((np.ones(int(known.sum())), place), shape=shape)
            self._counts[key] = counts.tocsr()
        return self._counts[key]

    def shares(self, key: Key) -> sparse.csr_array:
        """Return the same as shares of the importer's declarations that have the key."""
        counts = self.counts(key)
        total = np.maximum(counts.sum(axis=1), 1.0)
        return (sparse.diags_array(1.0 / total) @ counts).tocsr()

    def links(self, key: Key, most: int) -> sparse.csr_array:
        """Return which importer has which value, weighted by rarity, (n_importers, n_kept).

        The product of two importers' rows is the sum over shared values of 1 / ln(1 + importers).
        Values of one importer, and of more than `most`, are left out.
        """
        links = self.counts(key).copy()
        links.data[:] = 1.0
        n_importers = links.sum(axis=0)
        kept = np.flatnonzero((n_importers > 1) & (n_importers <= most))
        weight = 1.0 / np.sqrt(np.log1p(n_importers[kept]))
        return (links[:, kept] @ sparse.diags_array(weight)).tocsr()
