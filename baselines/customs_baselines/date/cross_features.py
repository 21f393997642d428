"""Cross features: the leaves of cross-fitted boosted trees.

A tree grown on a row's label puts that row in a leaf that fits the label, so a model that learns
from such leaves trusts them too much. Therefore the labelled rows are dealt into folds, and one
booster per fold is grown from the *other* folds. Leaves and margin of a labelled row come from the
booster of its own fold; later and unlabelled declarations have those of every booster.

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

# Imaginary declarations at the base rate that smooth a leaf's fraud rate.
_SMOOTHING = 10.0
# See `BoosterSettings.for_labels`.
_MANY_LABELS = 10_000
# Share of the columns that a tree of the smaller booster may use.
_CROSS_COLSAMPLE = 0.5


@dataclass(frozen=True)
class BoosterSettings:
    """Settings of the boosters.

    Attributes
    ----------
    n_folds : int
        Boosters, each grown from the labels of the other folds; at least two.
    n_estimators, max_depth, learning_rate, colsample
        Settings of the booster whose margin is corrected; the defaults suit few labels.
    n_cross, cross_depth, cross_learning_rate
        Settings of the smaller booster whose leaves are attended to.
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
    def for_labels(cls, n_labels: int) -> BoosterSettings:
        """Return the settings for a number of labels: few need a low rate, many more folds.

        Chosen among eight settings on worlds 9020-9027, by the mean of both test periods. Against
        400 trees at .02 in two folds, 500 at .03 in three gain .0105 +- .0022 with 37,385 labels;
        they lose .006 with a tenth and .011 with a fiftieth of them.
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
        """Return a history without declarations."""
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

    One more booster is grown from all labels. The margin of a later declaration is half this
    booster's and half the mean of the cross-fitted ones; that of a training row never comes from it
    (measured with 1 % of the labels: without this booster, precision@5 % is .014 lower).

    Parameters
    ----------
    settings : BoosterSettings
    random_state, n_jobs : int
        Seed and threads.

    Attributes
    ----------
    paths_ : list of Path
        Path to each leaf; the leaves of all boosters are numbered consecutively.
    fold_ : ndarray of int64, shape (n_train,)
        Fold of each labelled row, -1 for unlabelled ones.
    learned_, labelled_ : LeafHistory
        History of each leaf over the rows its booster learned from, and over all labelled rows.
    n_rows_ : ndarray of float64, shape (n_leaves,)
        Training rows in each leaf, labelled or not.
    """

    def __init__(self, settings: BoosterSettings, random_state: int = 0, n_jobs: int = 1) -> None:
        self.settings = settings
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
            Log-odds by the booster grown without the row's label; NaN for unlabelled rows.
        leaves : ndarray of int64, shape (n_train, n_cross)
            Leaf numbers, -1 for unlabelled rows.
        """
        self.fold_ = _deal(y, self.settings.n_folds, self.random_state)
        self.margins_: list[XGBRegressor] = []
        self.crosses_: list[XGBRegressor] = []
        self.paths_: list[Path] = []
        self._numbers: list[list[npt.NDArray[np.int64]]] = []
        margin = np.full(len(y), np.nan)
        leaves = np.full((len(y), self.settings.n_cross), -1, dtype=np.int64)
        known = y >= 0
        whole = self._booster(y[known], self.settings.n_folds)
        self.whole_ = whole.fit(features[known], y[known])
        for fold in range(self.settings.n_folds):
            learn = known & (self.fold_ != fold)
            self._grow(features[learn], y[learn], fold)
        size = len(self.paths_)
        self.learned_, self.labelled_ = LeafHistory.none(size), LeafHistory.none(size)
        self.n_rows_ = np.zeros(size)
        for fold in range(self.settings.n_folds):
            own = self.fold_ == fold
            of_fold = self._leaves(features, fold)
            leaves[own] = of_fold[own]
            if own.any():
                margin[own] = self._margin(features[own], fold)
            self.learned_ += LeafHistory.of(of_fold[known & ~own], y[known & ~own], size)
            self.labelled_ += LeafHistory.of(of_fold[known], y[known], size)
            self.n_rows_ += np.bincount(of_fold.ravel(), minlength=size)
        return margin, leaves

    def transform(self, features: Floats) -> tuple[Floats, Leaves]:
        """Return margins and leaves of later declarations.

        Returns
        -------
        margin : ndarray of float64, shape (n_declarations,)
        leaves : ndarray of int64, shape (n_folds, n_declarations, n_cross)
        """
        folds = range(self.settings.n_folds)
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
            # Each tree numbers its own nodes: map them to numbers among the leaves of all trees.
            number = np.full(max(paths) + 1, -1, dtype=np.int64)
            for node, path in paths.items():
                number[node] = len(self.paths_)
                self.paths_.append(path.placed(fold, tree))
            numbers.append(number)
        self._numbers.append(numbers)

    def describe(self, n_features: int) -> Floats:
        """Return standardised descriptions of the leaves, shape (n_leaves, 4 + 2 * n_features).

        Value; smoothed fraud rate and number of the rows the booster learned from; number of all
        rows; and which features bound the leaf from below and from above.
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

    # A regressor with a logistic loss, because the classifier refuses labels of one class only, as
    # in half of two labels.
    def _booster(self, y: npt.NDArray[np.int8], fold: int, cross: bool = False) -> XGBRegressor:
        settings = self.settings
        return XGBRegressor(
            n_estimators=settings.n_cross if cross else settings.n_estimators,
            max_depth=settings.cross_depth if cross else settings.max_depth,
            learning_rate=settings.cross_learning_rate if cross else settings.learning_rate,
            min_child_weight=5.0,
            subsample=0.8,
            colsample_bytree=_CROSS_COLSAMPLE if cross else settings.colsample,
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
        nodes = nodes.reshape(len(features), self.settings.n_cross).astype(np.int64)
        numbers = self._numbers[fold]
        return np.column_stack([numbers[tree][nodes[:, tree]] for tree in range(len(numbers))])


def _deal(y: npt.NDArray[np.int8], n_folds: int, seed: int) -> npt.NDArray[np.int64]:
    """Deal frauds and honest rows into folds separately, so that each fold has both."""
    fold = np.full(len(y), -1, dtype=np.int64)
    generator = np.random.default_rng(seed)
    for label in (1, 0):
        rows = generator.permutation(np.flatnonzero(y == label))
        # From opposite ends, so that one fraud and one honest row go to different folds.
        dealt = np.arange(len(rows)) % n_folds
        fold[rows] = dealt if label == 1 else n_folds - 1 - dealt
    return fold
