"""Features and links of declarations, read without any label."""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.features.kit import KitFeatures
from customs_baselines.graphfc.context import RELATIONS, Floats, Integers, Links
from customs_baselines.graphfc.structure import PARTNERS, structural_statistics
from customs_data.schema import ERASED

Features = npt.NDArray[np.float32]

_DESCRIBED: Final = (
    "log unit price against HS6 norm",
    "log mass against HS6 norm",
    "log mass",
    "tax rate",
)


class GraphReader:
    """Read graphs whose first declarations are those of training.

    Parameters
    ----------
    past_only : bool
        Whether a declaration is described by what was filed no later than its own day.
    """

    def __init__(self, *, past_only: bool) -> None:
        self.past_only = past_only

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn norms, counts and ranks of training declarations, shape (n_train, 20)."""
        self.kit_ = KitFeatures(with_labels=False).set_output(transform="default")
        self.declared_: Floats = self.kit_.fit_transform(
            train, np.full(len(train), ERASED, dtype=np.int8)
        )
        return self

    def read(self, context: pd.DataFrame, absent: Integers | None = None) -> tuple[Features, Links]:
        """Read a graph.

        Parameters
        ----------
        context : DataFrame, shape (n_declarations, 20)
            The training declarations, then later ones.
        absent : ndarray of int64, optional
            Positions of declarations to delete: they keep their position but lose their links.

        Returns
        -------
        features : ndarray of float32, shape (n_declarations, n_features)
            Recipe `kit` without risk profiles, then structural statistics; NaN where missing.
        links : Links
        """
        declared, later = self.declared_, context.iloc[len(self.declared_) :]
        if len(later):
            declared = np.vstack([declared, self.kit_.transform(later)])
        links = Links.read(context, RELATIONS | PARTNERS)
        if absent is not None:
            links = links.without(absent)
        names = self.kit_.feature_names()
        described = declared[:, [names.index(name) for name in _DESCRIBED]]
        structure = structural_statistics(links, described, past_only=self.past_only)
        return np.hstack([declared, structure]).astype(np.float32), links


class Scaler:
    """Standardise features by mean and spread of training; clip them; 0 where missing."""

    def fit(self, features: Features) -> Self:
        """Learn mean and spread of each feature, shape (n_train, n_features)."""
        known = np.isfinite(features)
        count = np.maximum(known.sum(axis=0), 1)
        self.mean_ = np.where(known, features, 0.0).sum(axis=0, dtype=np.float64) / count
        deviation = np.where(known, features - self.mean_, 0.0)
        spread = np.sqrt((deviation**2).sum(axis=0) / count)
        self.spread_ = np.maximum(spread, 1e-3)
        return self

    def transform(self, features: Features) -> Features:
        """Scale features, same shape."""
        scaled = np.clip((features - self.mean_) / self.spread_, -5.0, 5.0)
        return np.where(np.isfinite(scaled), scaled, 0.0).astype(np.float32)
