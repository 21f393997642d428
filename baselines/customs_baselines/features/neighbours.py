"""Fraud history of importers that stand near in the graph of importers, declarants and sellers.

Who deals with the same declarants and sellers often has the same customs. The neighbours' labels
tell of an importer that has none.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from customs_baselines.features.cell_sums import CellSums
from customs_baselines.features.folds import N_CELLS, LeftOut, divide
from customs_baselines.features.risk import profile_of
from customs_baselines.features.transformer import ContextTransformer
from customs_data.columns.grouping import Grouping
from customs_data.schema import KEY

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

#: Numbers of nearest importers whose labels are counted together.
N_NEAREST: Final = (10, 30, 100)
_PARTNERS: Final = ("Declarant ID", "Seller ID")
_POWER_ITERATIONS: Final = 3
_BLOCK: Final = 1024


class NeighbourRisk(ContextTransformer):
    """Smoothed fraud rate of the nearest importers, without the importer's own labels.

    Parameters
    ----------
    n_numbers : int
        Length of an importer's vector.
    smoothing : float
        Imaginary declarations at the overall fraud rate added to each history.
    n_cells : int
        Stretches or folds of training rows: a row reads no label of its own.
    random_state : int
        Seed of the vectors, and key of the folds.

    Notes
    -----
    Vectors are the leading singular vectors of the table of importers and their declarants and
    sellers (log of declarations), divided by the roots of row and column sums. A little is added to
    these sums first, or a pair that trades with nobody else would have a direction of its own.
    Nearest is by the cosine. Time grows with the square of the number of importers.

    References
    ----------
    Qin and Rohe, 'Regularized Spectral Clustering under the Degree-Corrected Stochastic
    Blockmodel', NeurIPS 2013.
    """

    def __init__(
        self,
        n_numbers: int = 64,
        smoothing: float = 2.0,
        n_cells: int = N_CELLS,
        random_state: int = 0,
    ) -> None:
        self.n_numbers = n_numbers
        self.smoothing = smoothing
        self.n_cells = n_cells
        self.random_state = random_state

    def columns_read(self) -> tuple[str, ...]:
        """Return the traders' columns and those that deal rows into cells."""
        return ("Importer ID", *_PARTNERS, "Date", KEY)

    def feature_names(self) -> list[str]:
        """Return the names of the features."""
        return [
            f"{what} of the {n} nearest importers"
            for n in N_NEAREST
            for what in ("risk", "evidence")
        ]

    def find_features(self, X: pd.DataFrame) -> Floats:
        """Return the features of other declarations; unknown importers have no evidence."""
        return self._read(self.importers_.find(X), None)

    def learn_in_context(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], context: pd.DataFrame
    ) -> Floats:
        """Place the importers of the context; return the features of training rows."""
        self.importers_ = Grouping(("Importer ID",))
        importer = self.importers_.fit(context)
        n = self.importers_.n_groups
        vectors = _place(context, importer, n, self.n_numbers, self.random_state)
        nearest = find_nearest(vectors, min(max(N_NEAREST), n - 1))
        division = divide(X, y, self.n_cells, self.random_state)
        cell, own = division.find(X), importer[: len(X)]
        labelled = y >= 0
        self.base_ = float((y[labelled] == 1).mean()) if labelled.any() else 0.5
        counts = [
            CellSums.count(own, n, cell, division.n_cells, rows) for rows in (labelled, y == 1)
        ]
        self.history_ = [
            [_sum_of_nearest(count, nearest[:, :n_nearest]) for count in counts]
            for n_nearest in N_NEAREST
        ]
        return self._read(own, LeftOut.around(cell, division.n_cells))

    def _read(self, importer: Integers, left_out: LeftOut | None) -> Floats:
        columns = []
        for history in self.history_:
            n, f = (sums.others(importer, left_out) for sums in history)
            columns += profile_of(n, f, self.base_, self.smoothing)
        return np.column_stack(columns)


def _place(
    context: pd.DataFrame, importer: Integers, n: int, n_numbers: int, random_state: int
) -> npt.NDArray[np.float32]:
    """Return a vector of length 1 for each importer, shape (n, n_numbers) or fewer columns."""
    tables = []
    for name in _PARTNERS:
        partners = Grouping((name,))
        partner = partners.fit(context)
        known = (importer >= 0) & (partner >= 0)
        shape = (n, max(partners.n_groups, 1))
        ones = np.ones(int(known.sum()))
        tables.append(
            sparse.coo_matrix((ones, (importer[known], partner[known])), shape=shape).tocsr()
        )
    links = sparse.hstack(tables).tocsr()
    links.data = np.log1p(links.data)
    sums = [np.asarray(links.sum(axis=axis)).ravel() for axis in (1, 0)]
    left, right = (sparse.diags(1.0 / np.sqrt(each + each.mean() / 2)) for each in sums)
    scaled = (left @ links @ right).tocsr()
    vectors, size, _ = randomized_svd(
        scaled,
        min(n_numbers + 1, min(scaled.shape) - 1),
        n_iter=_POWER_ITERATIONS,
        random_state=random_state,
    )
    # The first one only says how much somebody trades.
    vectors = (vectors * size)[:, 1:]
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), dtype=np.float32)


def _sum_of_nearest(count: CellSums, nearest: Integers) -> CellSums:
    """Return the sums of each importer's nearest importers."""
    sums = np.zeros(count.by_cell.shape, dtype=np.int64)
    for column in nearest.T:
        sums[:-1] += count.by_cell[column]
    return CellSums.of(sums)


def find_nearest(vectors: npt.NDArray[np.float32], n_nearest: int) -> Integers:
    """Return the rows with the largest cosines with each row but itself, nearest first.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, n_numbers)
        Of length 1.
    n_nearest : int
        Less than n.

    Returns
    -------
    ndarray of int64, shape (n, n_nearest)
    """
    nearest = np.empty((len(vectors), n_nearest), dtype=np.int64)
    for start in range(0, len(vectors), _BLOCK):
        cosine = vectors[start : start + _BLOCK] @ vectors.T
        rows = np.arange(len(cosine))
        cosine[rows, start + rows] = -2.0
        some = np.argpartition(-cosine, n_nearest - 1, axis=1)[:, :n_nearest]
        order = np.argsort(-np.take_along_axis(cosine, some, axis=1), axis=1, kind="stable")
        nearest[start : start + _BLOCK] = np.take_along_axis(some, order, axis=1)
    return nearest
