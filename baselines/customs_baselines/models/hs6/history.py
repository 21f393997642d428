"""`history`: what the importer declared before, else the seller, else the route."""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator

from customs_baselines.goods.codes import GoodsCodes, best_first
from customs_baselines.goods.histories import Histories

# Each key after the first only decides between goods that the keys before it leave equal: it adds
# a share, at most 1, times a weight that is small beside one declaration more of the importer.
_WEIGHTS: Final[dict[tuple[str, ...], float]] = {
    ("Seller ID",): 0.5,
    ("Country of Departure", "Country of Origin"): 1e-3,
}
_IMPORTER: Final = ("Importer ID",)
_ALL: Final = 1e-6
_ROWS_AT_A_TIME: Final = 2048


class UsualGoods(BaseEstimator):
    """Names the importer's most frequent goods, then the seller's, then the route's."""

    def fit(self, X: pd.DataFrame, codes: npt.NDArray[np.str_]) -> Self:
        """Count the goods of importers, sellers and routes.

        Parameters
        ----------
        X : DataFrame, shape (n_train, n_columns)
        codes : ndarray of str, shape (n_train,)
            As declared.
        """
        self.codes_, goods = GoodsCodes.of(codes)
        self.share_ = np.bincount(goods, minlength=len(self.codes_)) / max(len(goods), 1)
        self.histories_ = Histories((_IMPORTER, *_WEIGHTS), X, goods, len(self.codes_))
        return self

    def rank(self, X: pd.DataFrame, k: int) -> npt.NDArray[np.str_]:
        """Return the usual goods, best first, shape (n, k)."""
        groups = self.histories_.groups(X)
        parts = []
        for start in range(0, len(X), _ROWS_AT_A_TIME):
            rows = slice(start, min(start + _ROWS_AT_A_TIME, len(X)))
            scores = self.histories_.by_key[_IMPORTER].counts[groups[_IMPORTER][rows]].toarray()
            scores = scores.astype(np.float64) + _ALL * self.share_
            for key, weight in _WEIGHTS.items():
                history, group = self.histories_.by_key[key], groups[key][rows]
                total = np.maximum(history.total[group], 1.0)
                scores += weight * history.counts[group].toarray() / total[:, None]
            parts.append(best_first(scores, k))
        ranked = np.concatenate(parts) if parts else np.empty((0, k), dtype=np.int64)
        return self.codes_.named(ranked)


ESTIMATOR = UsualGoods
RECIPE = None
SUMMARY = "The importer's usual goods, else the seller's, else the route's."
