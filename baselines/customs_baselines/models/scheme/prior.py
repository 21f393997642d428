"""`prior`: how frequent each violation was in the chapter of the goods."""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import pandas as pd

from customs_baselines.violations.classes import N_CLASSES, Floats, Labels
from customs_baselines.violations.classifier import ViolationClassifier
from customs_data.columns.grouping import Grouping

_SHRINKAGE: Final = 50.0  # imaginary declarations of the overall frequencies


class ChapterPrior(ViolationClassifier):
    """Frequencies of the violations among a chapter's declarations, shrunk to those of all."""

    def fit(self, X: pd.DataFrame, y: Labels) -> Self:
        """Count the labels by chapter; X has shape (n_train, 20), y (n_train,) of 0 .. 7, -1."""
        self.grouping_ = Grouping(("Chapter",))
        chapter = self.grouping_.fit(X)
        known = np.flatnonzero(y >= 0)
        count = np.zeros((self.grouping_.n_groups + 1, N_CLASSES))
        np.add.at(count, (chapter[known], y[known]), 1.0)
        everywhere = count.sum(axis=0) / max(len(known), 1)
        # The last row is for chapters that training lacks.
        self.frequency_ = count + _SHRINKAGE * everywhere
        self.frequency_ /= self.frequency_.sum(axis=1, keepdims=True)
        self.classes_ = np.arange(N_CLASSES)
        return self

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Return the chapters' frequencies, shape (n_declarations, 8)."""
        return np.asarray(self.frequency_[self.grouping_.find(X)])


ESTIMATOR = ChapterPrior
RECIPE = None
SUMMARY = "How frequent each violation is in the chapter of the goods."
