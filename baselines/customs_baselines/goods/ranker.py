"""Boosted trees that choose among candidates, and the split by time that they learn from."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from xgboost import Booster, DMatrix, train

from customs_baselines.goods.candidates import Candidates, Features
from customs_baselines.goods.codes import Integers

#: Share of the declarations, the earliest, whose histories describe the later ones in training.
EARLIER_SHARE: Final = 0.6
_MOST_LATER: Final = 15_000  # of more declarations the latest teach the trees
_SETTINGS: Final[dict[str, Any]] = {
    "max_depth": 5,
    "eta": 0.1,
    "subsample": 0.7,
    "colsample_bytree": 0.6,
    "min_child_weight": 1.0,
    "tree_method": "hist",
    "base_score": 0.0,
    "disable_default_eval_metric": 1,
}
_N_TREES: Final = 150


def earlier_and_later(X: pd.DataFrame) -> tuple[Integers, Integers]:
    """Return the rows of the earlier and of the later declarations, by date."""
    order = np.argsort(X["Date"].to_numpy(), kind="stable").astype(np.int64)
    n = round(EARLIER_SHARE * len(order))
    return np.sort(order[:n]), np.sort(order[max(n, len(order) - _MOST_LATER) :])


class CandidateRanker:
    """Trees whose loss is that of choosing the declared goods among the candidates.

    Parameters
    ----------
    X : DataFrame, shape (n_train, n_columns)
    codes : ndarray of str, shape (n_train,)
    seed : int
    n_jobs : int
        Threads.

    Attributes
    ----------
    candidates : Candidates
        Of all training declarations. The trees have learned with those of the earlier ones only, so
        that new importers and sellers are as frequent as they will be.
    """

    def __init__(
        self, X: pd.DataFrame, codes: npt.NDArray[np.str_], seed: int = 0, n_jobs: int = 1
    ) -> None:
        earlier, later = earlier_and_later(X)
        known = Candidates(X.iloc[earlier], codes[earlier])
        self._trees = _learn(known, X.iloc[later], codes[later], seed, n_jobs)
        self.candidates = Candidates(X, codes)

    def score(self, X: pd.DataFrame) -> tuple[Integers, npt.NDArray[np.float32]]:
        """Return candidates and their log-odds up to a constant of each row, both (n, n_cand)."""
        shape = (len(X), self.candidates.n)
        goods, scores = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.float32)
        for rows, some, features in self.candidates.describe(X):
            goods[rows], scores[rows] = some, features[:, :, 0]
            if self._trees is not None:
                table = DMatrix(_flat(features), base_margin=features[:, :, 0].ravel())
                scores[rows] = self._trees.predict(table, output_margin=True).reshape(some.shape)
        return goods, scores


def _flat(features: Features) -> Features:
    return features.reshape(-1, features.shape[-1])


def _learn(
    known: Candidates, X: pd.DataFrame, codes: npt.NDArray[np.str_], seed: int, n_jobs: int
) -> Booster | None:
    """Return the trees; None if the candidates of no declaration contain the declared goods."""
    parts, labels = [], []
    for rows, goods, features in known.describe(X):
        right = known.mixture.codes.texts[goods] == codes[rows, None]
        there = right.any(axis=1)
        parts.append(features[there])
        labels.append(right[there])
    features, right = np.concatenate(parts), np.concatenate(labels)
    if len(right) == 0:
        return None
    table = DMatrix(_flat(features), right.ravel(), base_margin=features[:, :, 0].ravel())
    n = right.shape[1]

    def choice_loss(margins: Features, table: DMatrix) -> tuple[Features, Features]:
        """Gradient and curvature of -ln softmax of the right candidate."""
        margins = margins.reshape(-1, n)
        share = np.exp(margins - margins.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        gradient = share - table.get_label().reshape(-1, n)
        return gradient.ravel(), np.maximum(share * (1.0 - share), 1e-3).ravel()

    settings = _SETTINGS | {"seed": seed, "nthread": n_jobs}
    return train(settings, table, _N_TREES, obj=choice_loss)
