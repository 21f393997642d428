"""The pair classifier: boosted trees that learn which pairs are one organisation."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from xgboost import XGBClassifier

Features = npt.NDArray[np.float32]

#: Pairs to learn from, a sample beyond; all true ones of a world of 54,000 declarations fit in.
_MOST_PAIRS: Final = 120_000
#: Below this, a pair says nothing, and groups are joined faster without it.
_LEAST: Final = 0.01


def make_trees(random_state: int, n_jobs: int, n_estimators: int = 200) -> XGBClassifier:
    """Return the trees of all classifiers of pairs and memberships."""
    return XGBClassifier(
        n_estimators=n_estimators,
        max_depth=6,
        learning_rate=0.1,
        subsample=0.8,
        colsample_bytree=0.6,
        min_child_weight=5,
        tree_method="hist",
        n_jobs=n_jobs,
        random_state=random_state,
    )


class Linker:
    """Probability that two importers are one organisation.

    Parameters
    ----------
    random_state : int
        Seed of sample and trees.
    n_jobs : int
        Threads.
    most_pairs : int or None
        Pairs to learn from, a sample beyond; None for all.
    """

    def __init__(
        self, random_state: int = 0, n_jobs: int = 1, most_pairs: int | None = _MOST_PAIRS
    ) -> None:
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.most_pairs = most_pairs

    def fit(self, features: Features, same: npt.NDArray[np.bool_]) -> Linker:
        """Learn from pairs; without both kinds of pairs, their share is the only answer."""
        rng = np.random.default_rng(self.random_state)
        if self.most_pairs is not None and len(same) > self.most_pairs:
            chosen = np.sort(rng.choice(len(same), self.most_pairs, replace=False))
            features, same = features[chosen], same[chosen]
        self._share = float(same.mean()) if len(same) else 0.0
        self._trees = None
        if 0.0 < self._share < 1.0:
            trees = make_trees(self.random_state, self.n_jobs)
            self._trees = trees.fit(features, same.astype(np.int8))
        return self

    def probability(self, features: Features) -> npt.NDArray[np.float64]:
        """Return the probability of each pair, shape (n_pairs,); tiny ones as 0."""
        if self._trees is None:
            return np.full(len(features), self._share)
        p = np.asarray(self._trees.predict_proba(features)[:, 1], dtype=np.float64)
        return np.where(p < _LEAST, 0.0, p)
