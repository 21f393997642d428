"""Fraud among the same declarant's declarations, weighted by similarity."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.features.folds import N_CELLS, Cells, days_of, divide
from customs_baselines.features.transformer import DeclarationTransformer
from customs_data.columns.grouping import Grouping, declared_columns
from customs_data.schema import KEY

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

#: Similarity of two declarations that agree in a column.
SIMILARITY: Final = {
    "Chapter": 2.0,
    "Heading": 1.0,
    "Country of Departure": 1.0,
    "Office ID": 1.0,
    "Country of Origin Indicator": 0.8,
    "Country of Origin": 0.5,
    "Import Type": 0.5,
    "Mode of Transport": 0.5,
    "Payment Type": 0.4,
    "Tax Type": 0.3,
}
_YEAR: Final = 365.0
_BLOCK: Final = 256


class SimilarityKernel(DeclarationTransformer):
    """Kernel-weighted fraud rate of labelled declarations of the same declarant.

    Parameters
    ----------
    temperature : float
        A pair's weight is exp((similarity - highest similarity) / temperature).
    smoothing : float
        Weight of imaginary declarations at the base rate.
    window : int
        Labelled declarations of the declarant to read before and after each block of declarations,
        in order of time; a limit, so that computing time is linear in the rows.
    n_cells : int
        Stretches of time (or folds): a training row reads only the labels of the others. Leaving
        out the row alone would not do: from the rest of a group of equals, its label can be
        inferred.
    random_state : int
        Key of the folds.

    Notes
    -----
    Similarity is the sum of `SIMILARITY` over the columns in which two declarations agree, less the
    years between them. With weights w and labels l, base rate b and smoothing m, the features
    are log(p / (1 - p)) of p = (sum w l + m b) / (sum w + m), and log(1 + sum w).
    """

    def __init__(
        self,
        temperature: float = 0.7,
        smoothing: float = 0.05,
        window: int = 512,
        n_cells: int = N_CELLS,
        random_state: int = 0,
    ) -> None:
        self.temperature = temperature
        self.smoothing = smoothing
        self.window = window
        self.n_cells = n_cells
        self.random_state = random_state

    def columns_read(self) -> tuple[str, ...]:
        """Return declarant, date and the columns that are compared."""
        return ("Declarant ID", "Date", KEY, *declared_columns(tuple(SIMILARITY)))

    def feature_names(self) -> list[str]:
        """Return the names of the two features."""
        return ["risk of similar declarations", "evidence of similar declarations"]

    def learn_features(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Floats:
        """Store labelled rows; return the features of training rows, shape (n_train, 2)."""
        labelled = np.flatnonzero(y >= 0)
        cell = divide(X, y, self.n_cells, self.random_state).find(X)
        self.declarants_ = Grouping(("Declarant ID",))
        self.columns_ = {name: Grouping((name,)) for name in SIMILARITY}
        group = self.declarants_.fit(X)
        codes = np.column_stack([column.fit(X) for column in self.columns_.values()])
        day = days_of(X)
        # Labelled rows by declarant and time, so that a declarant's are one slice.
        kept = labelled[np.lexsort((day[labelled], group[labelled]))]
        self.group_, self.day_, self.codes_ = group[kept], day[kept], codes[kept]
        self.cell_, self.fraud_ = cell[kept], (y[kept] == 1).astype(np.float64)
        self.base_ = float(self.fraud_.mean()) if len(kept) else 0.5
        return self._read(group, day, codes, cell)

    def find_features(self, X: pd.DataFrame) -> Floats:
        """Return the features of later declarations, shape (n_declarations, 2)."""
        codes = np.column_stack([column.find(X) for column in self.columns_.values()])
        return self._read(
            self.declarants_.find(X), days_of(X), codes, np.full(len(X), -1, dtype=np.int8)
        )

    def _read(
        self,
        group: Integers,
        day: Integers,
        codes: Integers,
        cell: Cells,
    ) -> Floats:
        total, fraud = np.zeros(len(group)), np.zeros(len(group))
        order = np.lexsort((day, group))
        starts = np.flatnonzero(np.diff(group[order], prepend=-2))
        for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
            declarant = group[order[start]]
            low, high = np.searchsorted(self.group_, [declarant, declarant + 1])
            if declarant < 0 or low == high:
                continue
            for at in range(start, end, _BLOCK):
                rows = order[at : min(at + _BLOCK, end)]
                first, last = np.searchsorted(self.day_[low:high], day[rows[[0, -1]]])
                near = slice(low + max(first - self.window, 0), min(low + last + self.window, high))
                weight = self._weights(day[rows], codes[rows], near)
                weight[cell[rows][:, None] == self.cell_[near][None, :]] = 0.0
                total[rows] = weight.sum(axis=1)
                fraud[rows] = weight @ self.fraud_[near]
        rate = (fraud + self.smoothing * self.base_) / (total + self.smoothing)
        return np.column_stack([np.log(rate / (1 - rate)), np.log1p(total)])

    def _weights(self, day: Integers, codes: Integers, near: slice) -> Floats:
        """Weights of stored rows, shape (n_rows, n_near)."""
        similarity = -np.abs(day[:, None] - self.day_[near][None, :]) / _YEAR
        for i, value in enumerate(SIMILARITY.values()):
            similarity += value * (codes[:, i, None] == self.codes_[near, i][None, :])
        weight: Floats = np.exp((similarity - sum(SIMILARITY.values())) / self.temperature)
        return weight
