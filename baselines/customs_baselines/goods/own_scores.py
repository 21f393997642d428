"""Own scores of candidates from trees on two halves of the importers, none judged by its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.goods.candidates import Candidates, Features
from customs_baselines.goods.codes import Integers
from customs_baselines.goods.ranker import choose_trees, score_candidates

Scores = npt.NDArray[np.float32]


class OwnScores:
    """What two rankers make of a declaration by itself.

    Parameters
    ----------
    seed : int
    n_jobs : int
        Threads.
    """

    def __init__(self, seed: int, n_jobs: int) -> None:
        self._seed = seed
        self._n_jobs = n_jobs

    def fit_score(
        self, known: Candidates, X: pd.DataFrame, codes: npt.NDArray[np.str_]
    ) -> tuple[Integers, Scores, Integers]:
        """Learn from declarations and score each by the trees that have not seen its importer.

        Returns
        -------
        goods : ndarray of int64, shape (n, n_candidates)
        scores : ndarray of float32, shape (n, n_candidates)
        right : ndarray of int64, shape (n,)
            Place of the declared goods among the candidates, -1 for none.
        """
        goods, features = _describe(known, X)
        is_right = known.mixture.codes.texts[goods] == codes[:, None]
        right = np.where(is_right.any(axis=1), is_right.argmax(axis=1), -1)
        half = pd.factorize(X["Importer ID"])[0] % 2
        scores = features[:, :, 0].copy()
        self._trees = []
        for number in (0, 1):
            others = half != number
            trees = choose_trees(
                features[others], is_right[others], self._seed + number, self._n_jobs
            )
            scores[~others] = score_candidates(trees, features[~others])
            self._trees.append(trees)
        return goods, scores, right.astype(np.int64)

    def score(self, known: Candidates, X: pd.DataFrame) -> tuple[Integers, Scores]:
        """Return candidates and the mean scores of both rankers, each (n, n_candidates)."""
        shape = (len(X), known.n)
        goods, scores = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.float32)
        for rows, some, features in known.describe(X):
            goods[rows] = some
            scores[rows] = np.mean([score_candidates(it, features) for it in self._trees], axis=0)
        return goods, scores


def _describe(known: Candidates, X: pd.DataFrame) -> tuple[Integers, Features]:
    parts = [(goods, features) for _, goods, features in known.describe(X)]
    return np.concatenate([it[0] for it in parts]), np.concatenate([it[1] for it in parts])
