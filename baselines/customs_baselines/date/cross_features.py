"""Cross features: the leaves that boosted trees put declarations in, never their own fold's trees.

A tree that has seen a row's label puts that row in a leaf that suits it; whatever learns from such
leaves trusts them too much (REFERENCES.md, 3). So the labelled rows are dealt into folds, one
booster is grown for each fold from the *other* folds, and a labelled row's leaves and margin come
from the booster that has not seen its label. Later and unlabelled declarations have those of every
booster.

References
----------
He et al., Practical lessons from predicting clicks on ads at Facebook, ADKDD 2014 (leaves as
features). Kim et al., DATE, KDD 2020.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from xgboost import DMatrix, XGBRegressor

from customs_baselines.date.conditions import Path, read_paths

Floats = npt.NDArray[np.float64]
Leaves = npt.NDArray[np.int64]

# Imaginary declarations at the base rate that a leaf's fraud rate is smoothed with.
_SMOOTHING = 10.0
# See `Trees.for_labels`.
_MANY_LABELS = 10_000
# Share of the columns that a tree of the smaller booster sees.
_CROSS_COLSAMPLE = 0.5


@dataclass(frozen=True)
class Trees:
    """Settings of the boosters.

    Attributes
    ----------
    n_folds : int
        Boosters, each grown from the labels of the other folds; at least two.
    n_estimators, max_depth, learning_rate, colsample
        Of the booster whose margin is corrected; those here suit few labels (`for_labels`).
    n_cross, cross_depth, cross_learning_rate
        Of the smaller booster whose leaves are attended to: any number of trees.
    """

    n_folds: int = 2
    n_estimators: int = 400
    max_depth: int = 6
    learning_rate: float = 0.02
    colsample: float = 0.3
    n_cross: int = 16
    cross_depth: int = 4
    cross_learning_rate: float = 0.2

    @classmethod
    def for_labels(cls, n_labels: int) -> Trees:
        """Return the settings for a number of labels: few are learned slowly, many in more folds.

        Chosen of eight settings on worlds 9020-9027, mean of both test periods: against 400 trees
        at .02 in two folds, 500 at .03 in three gain .0105 +- .0022 with 37,385 labels, and lose
        .006 with a tenth and .011 with a fiftieth of them.
        """
        if n_labels < _MANY_LABELS:
            return cls()
        return cls(n_folds=3, n_estimators=500, learning_rate=0.03)


@dataclass(frozen=True)
class LeafHistory:
    """Labelled declarations and frauds in each leaf, shape (n_leaves,) each."""

    n: Floats
    fraud: Floats

    @classmethod
    def none(cls, n_leaves: int) -> LeafHistory:
        """No history."""
        return cls(np.zeros(n_leaves), np.zeros(n_leaves))

    @classmethod
    def of(cls, leaves: Leaves, y: npt.NDArray[np.int8], n_leaves: int) -> LeafHistory:
        """Count rows with leaves of shape (n_rows, n_trees)."""
        return cls(
            np.bincount(leaves.ravel(), minlength=n_leaves).astype(np.float64),
            np.bincount(leaves[y == 1].ravel(), minlength=n_leaves).astype(np.float64),
        )

    def __add__(self, other: LeafHistory) -> LeafHistory:
        return LeafHistory(self.n + other.n, self.fraud + other.fraud)


class CrossFeatures:
    """Margins and leaves of cross-fitted boosters.

    One more booster is grown from all labels. No training row's margin comes from it; those of
    later declarations do, half and half with the mean of the cross-fitted ones (measured: at 1 % of
    the labels, boosters grown from half of them alone lose .014 of precision@5 %).

    Parameters
    ----------
    trees : Trees
        Settings.
    random_state, n_jobs : int
        Seed and threads.

    Attributes
    ----------
    paths_ : list of Path
        Of each leaf, by its number; leaves of all boosters are numbered through.
    fold_ : ndarray of int64, shape (n_train,)
        The booster of each labelled row, -1 for unlabelled ones.
    learned_, labelled_ : LeafHistory
        Of each leaf: the rows its booster has learned from, and all labelled rows.
    n_rows_ : ndarray of float64, shape (n_leaves,)
        Training rows of each leaf, labelled or not.
    """

    def __init__(self, trees: Trees, random_state: int = 0, n_jobs: int = 1) -> None:
        self.trees = trees
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, features: Floats, y: npt.NDArray[np.int8]) -> tuple[Floats, Leaves]:
        """Grow the boosters.

        Parameters
        ----------
        features : ndarray, shape (n_train, n_features)
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.

        Returns
        -------
        margin : ndarray of float64, shape (n_train,)
            Log odds by the booster that has not seen the row's label; NaN for unlabelled rows.
        leaves : ndarray of int64, shape (n_train, n_cross)
            Leaf numbers, -1 for unlabelled rows.
        """
        self.fold_ = _deal(y, self.trees.n_folds, self.random_state)
        self.margins_: list[XGBRegressor] = []
        self.crosses_: list[XGBRegressor] = []
        self.paths_: list[Path] = []
        self._numbers: list[list[npt.NDArray[np.int64]]] = []
        margin = np.full(len(y), np.nan)
        leaves = np.full((len(y), self.trees.n_cross), -1, dtype=np.int64)
        self.whole_ = self._booster(y[y >= 0], self.trees.n_folds).fit(features[y >= 0], y[y >= 0])
        for fold in range(self.trees.n_folds):
            learn = (self.fold_ >= 0) & (self.fold_ != fold)
            self._grow(features[learn], y[learn], fold)
        size = len(self.paths_)
        self.learned_, self.labelled_ = LeafHistory.none(size), LeafHistory.none(size)
        self.n_rows_ = np.zeros(size)
        for fold in range(self.trees.n_folds):
            own = self.fold_ == fold
            found = self._leaves(features, fold)
            leaves[own] = found[own]
            if own.any():
                margin[own] = self._margin(features[own], fold)
            known = self.fold_ >= 0
            self.learned_ += LeafHistory.of(found[known & ~own], y[known & ~own], size)
            self.labelled_ += LeafHistory.of(found[known], y[known], size)
            self.n_rows_ += np.bincount(found.ravel(), minlength=size)
        return margin, leaves

    def transform(self, features: Floats) -> tuple[Floats, Leaves]:
        """Return what every booster makes of later declarations.

        Returns
        -------
        margin : ndarray of float64, shape (n_declarations,)
        leaves : ndarray of int64, shape (n_folds, n_declarations, n_cross)
        """
        folds = range(self.trees.n_folds)
        crossed = np.mean([self._margin(features, fold) for fold in folds], axis=0)
        whole = self.whole_.predict(features, output_margin=True).astype(np.float64)
        return (
            (crossed + whole) / 2,
            np.stack([self._leaves(features, fold) for fold in folds]),
        )

    def _grow(self, features: Floats, y: npt.NDArray[np.int8], fold: int) -> None:
        self.margins_.append(self._booster(y, fold).fit(features, y))
        cross = self._booster(y, fold, cross=True)
        self.crosses_.append(cross.fit(features, y))
        numbers = []
        for tree, paths in enumerate(read_paths(cross.get_booster())):
            # A tree's nodes are numbered in its own way: from node to number among all leaves.
            number = np.full(max(paths) + 1, -1, dtype=np.int64)
            for node, path in paths.items():
                number[node] = len(self.paths_)
                self.paths_.append(path.placed(fold, tree))
            numbers.append(number)
        self._numbers.append(numbers)

    def describe(self, n_features: int) -> Floats:
        """What is known of each leaf, standardised, shape (n_leaves, 4 + 2 * n_features).

        Its value, its size among the rows its booster learned from and among all rows, their
        smoothed fraud rate, and which features bound it from below and from above.
        """
        n, fraud = self.learned_.n, self.learned_.fraud
        base = fraud.sum() / max(n.sum(), 1.0)
        rate = (fraud + _SMOOTHING * base) / (n + _SMOOTHING)
        bounds = np.zeros((len(self.paths_), 2 * n_features))
        for number, path in enumerate(self.paths_):
            for condition in path.conditions:
                bounds[number, 2 * condition.feature] = np.isfinite(condition.low)
                bounds[number, 2 * condition.feature + 1] = np.isfinite(condition.high)
        numbers = np.column_stack(
            [
                [path.value for path in self.paths_],
                np.log(rate / (1 - rate)),
                np.log1p(n),
                np.log1p(self.n_rows_),
            ]
        )
        spread = numbers.std(axis=0)
        numbers = (numbers - numbers.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        return np.hstack([numbers, bounds])

    # Its regressor with a logistic loss: the classifier refuses labels of one class, which half of
    # two labels are.
    def _booster(self, y: npt.NDArray[np.int8], fold: int, cross: bool = False) -> XGBRegressor:
        trees = self.trees
        return XGBRegressor(
            n_estimators=trees.n_cross if cross else trees.n_estimators,
            max_depth=trees.cross_depth if cross else trees.max_depth,
            learning_rate=trees.cross_learning_rate if cross else trees.learning_rate,
            min_child_weight=5.0,
            subsample=0.8,
            colsample_bytree=_CROSS_COLSAMPLE if cross else trees.colsample,
            reg_lambda=5.0,
            tree_method="hist",
            objective="binary:logistic",
            base_score=float(np.clip(y.mean(), 0.01, 0.99)),
            random_state=self.random_state + fold,
            n_jobs=self.n_jobs,
        )

    def _margin(self, features: Floats, fold: int) -> Floats:
        margin: Floats = self.margins_[fold].predict(features, output_margin=True)
        return margin.astype(np.float64)

    def _leaves(self, features: Floats, fold: int) -> Leaves:
        nodes = self.crosses_[fold].get_booster().predict(DMatrix(features), pred_leaf=True)
        nodes = nodes.reshape(len(features), self.trees.n_cross).astype(np.int64)
        numbers = self._numbers[fold]
        return np.column_stack([numbers[tree][nodes[:, tree]] for tree in range(len(numbers))])


def _deal(y: npt.NDArray[np.int8], n_folds: int, seed: int) -> npt.NDArray[np.int64]:
    """Deal frauds and honest rows into folds separately: each fold has its share of both."""
    fold = np.full(len(y), -1, dtype=np.int64)
    generator = np.random.default_rng(seed)
    for label in (1, 0):
        rows = generator.permutation(np.flatnonzero(y == label))
        # From both ends: one fraud and one honest row go to different folds.
        dealt = np.arange(len(rows)) % n_folds
        fold[rows] = dealt if label == 1 else n_folds - 1 - dealt
    return fold
