"""Recipe `paper`: label encoding and min-max scaling (arXiv:2208.02484, section 5.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.features.row_blocks import MatrixRows
from customs_baselines.features.transformer import DeclarationTransformer
from customs_data.columns.column_set import declared_number
from customs_data.schema import COLUMN, DECLARED_COLUMNS, KEY

ENCODED_COLUMNS = tuple(name for name in DECLARED_COLUMNS if name != KEY)


class PaperFeatures(DeclarationTransformer):
    """Every declared column but Declaration ID as one number in about [0, 1].

    Text becomes its place in the order of first appearance in training, where missing cells count
    as a value; values unseen in training share the next place. Dates are days. Then each column is
    scaled to [0, 1] over the training declarations; later values may be outside.
    """

    @property
    def needs_labels(self) -> bool:
        """Whether fitting needs labels: no feature reads them."""
        return False

    def columns_read(self) -> tuple[str, ...]:
        """Return the 19 columns."""
        return ENCODED_COLUMNS

    def learn_features(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
        """Learn from training declarations and encode them, shape (n_train, 19)."""
        self.values_: dict[str, pd.Index[Any]] = {
            name: pd.Index(X[name].unique())
            for name in ENCODED_COLUMNS
            if COLUMN[name].role in ("code", "entity")
        }
        raw = self._encode(X)
        self.low_ = raw.min(axis=0)
        width = raw.max(axis=0) - self.low_
        self.width_ = np.where(width > 0, width, 1.0)  # a constant column becomes 0
        return self._scale(raw)

    def fit_rows(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], views: Sequence[float] = ()
    ) -> MatrixRows:
        """Return the result of `fit_transform` as `FeatureRows`; `views` are for recipe kit."""
        return MatrixRows(self.learn_features(X, self.check_training(X, y)))

    def find_rows(self, X: pd.DataFrame) -> MatrixRows:
        """Return the result of `transform` as `FeatureRows`."""
        return MatrixRows(self.find_features(X))

    def find_features(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Encode declarations, shape (n_declarations, 19)."""
        return self._scale(self._encode(X))

    def feature_names(self) -> list[str]:
        """Return the names of the 19 columns."""
        return list(ENCODED_COLUMNS)

    def get_feature_sources(self) -> list[tuple[str, ...]]:
        """Declared columns of each of the 19: itself."""
        return [(name,) for name in ENCODED_COLUMNS]

    def _scale(self, raw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        scaled: npt.NDArray[np.float64] = (raw - self.low_) / self.width_
        return scaled

    def _encode(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        columns = []
        for name in ENCODED_COLUMNS:
            if name in self.values_:
                places = self.values_[name].get_indexer(pd.Index(X[name]))
                column = np.where(places < 0, len(self.values_[name]), places)
            elif COLUMN[name].role == "time":
                column = X[name].to_numpy().astype("datetime64[D]").astype(np.int64)
            else:
                column = declared_number(X, name)
            columns.append(column.astype(np.float64))
        return np.column_stack(columns)
