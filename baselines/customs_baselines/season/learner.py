"""The learner of the kit's strategies: few trees over as-of features and fraud rates."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xgboost
from sklearn.linear_model import LogisticRegression

from customs_baselines.season.risk_by_key import N_FOLDS, RiskByKey
from customs_baselines.season.week import NOTHING_LEARNED, Week

Floats = npt.NDArray[np.float64]

#: Few shallow trees that start at the mean fraud rate of traders, goods and routes. On one world of
#: 54,000 declarations this start moves precision from .500 to .523, a rate of .05 to .540, at three
#: CPU seconds a season.
_SETTINGS: Final[dict[str, Any]] = {
    "objective": "binary:logistic",
    "max_depth": 4,
    "eta": 0.05,
    "max_bin": 16,
    "tree_method": "hist",
    "min_child_weight": 3.0,
    "lambda": 5.0,
    "subsample": 0.8,
    "colsample_bytree": 0.5,
    "verbosity": 0,
}
_N_TREES: Final = 60
_FEWEST: Final = 5  # frauds, and honest declarations: fewer say nothing
#: Reasons of labels that no explorer asked for.
_NOT_EXPLORED: Final = ("highest", "warm-up", "everything", "lot", NOTHING_LEARNED)


class AsOfTrees:
    """Boosted trees that are grown again from what is known.

    They start at a logistic regression on one number: the mean log-odds over all keys.

    Parameters
    ----------
    random_state : int
        Seed.
    n_jobs : int
        Threads.
    explore_weight : float
        Weight of the labels that exploring brought. Where little is explored, a weight above 1
        keeps these few labels from drowning among the others.
    n_trees : int
    left_out : tuple of int, optional
        ``(i, n)``: learn nothing from the i-th of n parts of the labels, from 0. The members of a
        committee differ in it.
    half_life : float, optional
        Weeks after which a label counts half; by default nothing is forgotten.
    """

    def __init__(
        self,
        random_state: int = 0,
        n_jobs: int = 1,
        explore_weight: float = 1.0,
        n_trees: int = _N_TREES,
        left_out: tuple[int, int] | None = None,
        half_life: float | None = None,
    ) -> None:
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.explore_weight = explore_weight
        self.n_trees = n_trees
        self.left_out = left_out
        self.half_life = half_life
        self._learned_in = 0
        self._n_seen = 0
        self._start = LogisticRegression()

    def fit(self, week: Week) -> bool:
        """Learn from the reports; return whether there was enough to learn from."""
        rows, y = week.known_rows, week.known_labels
        is_explored = ~week.reports["Chosen By"].isin(_NOT_EXPLORED).to_numpy()
        if self.left_out is not None:
            # Independent of the folds below.
            kept = rows // N_FOLDS % self.left_out[1] != self.left_out[0]
            rows, y, is_explored = rows[kept], y[kept], is_explored[kept]
        codes = week.office.codes
        if self._n_seen == 0:
            self._risk = RiskByKey(codes.shape[1])
        age = week.number - week.office.week[rows]
        counts = 1.0 if self.half_life is None else 0.5 ** (age / self.half_life)
        if self.half_life is not None and self._n_seen:
            self._risk.forget(0.5 ** ((week.number - self._learned_in) / self.half_life))
        self._learned_in = week.number
        new = slice(self._n_seen, None)
        # A row's place in the order of filing decides its fold, so that it never changes.
        fold = rows % N_FOLDS
        self._risk.add(codes[rows[new]], fold[new], y[new])
        self._n_seen = len(rows)
        if min((y == 1).sum(), (y == 0).sum()) < _FEWEST:
            return False
        risk = self._risk.read(codes[rows], fold)
        X = np.hstack([week.office.features[rows], risk])
        weight = np.where(is_explored, self.explore_weight, 1.0) * counts
        settings = _SETTINGS | {"seed": self.random_state, "nthread": self.n_jobs}
        data = xgboost.QuantileDMatrix(
            X,
            y,
            weight=weight,
            base_margin=self._start.fit(_means(risk), y, weight).decision_function(_means(risk)),
            max_bin=_SETTINGS["max_bin"],
            nthread=self.n_jobs,
        )
        self._booster = xgboost.train(settings, data, self.n_trees)
        return True

    def score(self, week: Week) -> Floats:
        """Return probabilities of fraud of the arrivals, shape (n_arrivals,)."""
        X, risk = self._describe(week)
        start = self._start.decision_function(_means(risk))
        return np.asarray(self._booster.inplace_predict(X, base_margin=start), dtype=np.float64)

    def leaves(self, week: Week) -> npt.NDArray[np.int64]:
        """Return the leaf of each arrival in each tree, shape (n_arrivals, n_trees)."""
        data = xgboost.DMatrix(self._describe(week)[0], nthread=self.n_jobs)
        return np.asarray(self._booster.predict(data, pred_leaf=True), dtype=np.int64)

    def _describe(self, week: Week) -> tuple[Any, npt.NDArray[np.float32]]:
        risk = self._risk.read(week.office.codes[-week.n_arrivals :])
        return np.hstack([week.features, risk]), risk


def _means(risk: npt.NDArray[np.float32]) -> Floats:
    """Return the mean log-odds over all keys, shape (n, 1)."""
    return np.asarray(risk[:, ::2].mean(axis=1, dtype=np.float64)[:, None])
