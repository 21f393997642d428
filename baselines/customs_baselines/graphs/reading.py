"""From declarations to what the graph network reads: features and links, without any label."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.features.kit import KitFeatures
from customs_baselines.graphs.context import RELATIONS, Links
from customs_baselines.graphs.structure import PARTNERS, structural_statistics
from customs_data.schema import ERASED

Features = npt.NDArray[np.float32]

_DESCRIBED: Final = (
    "log unit price against HS6 norm",
    "log mass against HS6 norm",
    "log mass",
    "tax rate",
)


class GraphReader:
    """Reads a graph that starts with the training declarations.

    Parameters
    ----------
    past_only : bool
        Whether a declaration is described by what was filed no later than its own day.
    """

    def __init__(self, *, past_only: bool) -> None:
        self.past_only = past_only

    def read(self, context: pd.DataFrame, n_train: int) -> tuple[Features, Links]:
        """Read a graph.

        Parameters
        ----------
        context : DataFrame, shape (n_declarations, 20)
            Training declarations, then later ones.
        n_train : int
            How many are training declarations: norms, counts and ranks are learned from them.

        Returns
        -------
        features : ndarray of float32, shape (n_declarations, n_features)
            Recipe `kit` without risk profiles, then structural statistics; NaN for what there is
            none of.
        links : Links
        """
        kit = KitFeatures(with_labels=False)
        train, later = context.iloc[:n_train], context.iloc[n_train:]
        declared = kit.fit_transform(train, np.full(n_train, ERASED, dtype=np.int8))
        if len(later):
            declared = np.vstack([declared, kit.transform(later)])
        links = Links.read(context, RELATIONS | PARTNERS)
        places = [kit.get_feature_names_out().index(name) for name in _DESCRIBED]
        structure = structural_statistics(links, declared[:, places], past_only=self.past_only)
        return np.hstack([declared, structure]).astype(np.float32), links


def scaled(features: Features, n_train: int) -> Features:
    """Features as a network takes them: standardised over training, clipped, 0 for missing."""
    train = features[:n_train]
    known = np.isfinite(train)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, train, 0.0).sum(axis=0, dtype=np.float64) / count
    spread = np.where(known, train - mean, 0.0)
    sd = np.sqrt((spread**2).sum(axis=0, dtype=np.float64) / count)
    found = np.clip((features - mean) / np.maximum(sd, 1e-6), -4.0, 4.0)
    return np.where(np.isfinite(found), found, 0.0).astype(np.float32)
