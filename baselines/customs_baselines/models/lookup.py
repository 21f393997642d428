"""`lookup`: the cheat that every edition must resist, copying the label of an exact twin."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.classifier import DeclarationClassifier
from customs_data.lookup import LookupTable


class Lookup(DeclarationClassifier):
    """The mean label of a declaration's twins (`customs_data.lookup.LookupTable`)."""

    def fit(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Self:
        """Store labelled tuples; X has shape (n_train, 20), y (n_train,) of 0, 1, -1."""
        self.table_ = LookupTable(X, y)
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the twins' mean label, shape (n_declarations, 2)."""
        score = self.table_.rate(X)
        return np.column_stack([1 - score, score])


ESTIMATOR = Lookup
RECIPE = None
SUMMARY = "Copies the label of an exact twin (HS6, route, rate, type, mass): the cheat."
