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
    "subsample": 0.5,
    "colsample_bytree": 0.4,
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
    """Trees that have learned on later declarations, described by the earlier ones.

    So new importers and sellers are as frequent in training as they will be.

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
        Of all training declarations.
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
            goods[rows], scores[rows] = some, score_candidates(self._trees, features)
        return goods, scores


def _learn(
    known: Candidates, X: pd.DataFrame, codes: npt.NDArray[np.str_], seed: int, n_jobs: int
) -> Booster | None:
    """Describe declarations by known ones, and learn to choose their goods."""
    parts, labels = [], []
    for rows, goods, features in known.describe(X):
        parts.append(features)
        labels.append(known.mixture.codes.texts[goods] == codes[rows, None])
    return choose_trees(np.concatenate(parts), np.concatenate(labels), seed, n_jobs)


def choose_trees(
    features: Features, is_right: npt.NDArray[np.bool_], seed: int, n_jobs: int
) -> Booster | None:
    """Return trees whose loss is that of choosing the right one of the candidates.

    Parameters
    ----------
    features : ndarray of float32, shape (n, n_candidates, n_features)
        The first one is what the trees start from.
    is_right : ndarray of bool, shape (n, n_candidates)

    Returns
    -------
    Booster or None
        None if no declaration has the right one among its candidates.
    """
    there = is_right.any(axis=1)
    if not there.any():
        return None
    features, is_right = features[there], is_right[there]
    n = is_right.shape[1]
    table = DMatrix(_flat(features), is_right.ravel(), base_margin=features[:, :, 0].ravel())

    def choice_loss(margins: Features, table: DMatrix) -> tuple[Features, Features]:
        """Gradient and curvature of -ln softmax of the right candidate."""
        margins = margins.reshape(-1, n)
        share = np.exp(margins - margins.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        gradient = share - table.get_label().reshape(-1, n)
        return gradient.ravel(), np.maximum(share * (1.0 - share), 1e-3).ravel()

    settings = _SETTINGS | {"seed": seed, "nthread": n_jobs}
    return train(settings, table, _N_TREES, obj=choice_loss)


def score_candidates(trees: Booster | None, features: Features) -> npt.NDArray[np.float32]:
    """Return the log-odds of candidates, shape (n, n_candidates); without trees, what they have."""
    start = features[:, :, 0]
    if trees is None:
        return start
    table = DMatrix(_flat(features), base_margin=start.ravel())
    return np.asarray(trees.predict(table, output_margin=True).reshape(start.shape))


def _flat(features: Features) -> Features:
    return features.reshape(-1, features.shape[-1])
