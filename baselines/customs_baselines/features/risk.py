"""Risk profiles: smoothed historical fraud rates of entities and codes, out-of-fold.

A profile computed on the rows that a model then learns from contains their labels: in the published
simulation framework flagged importers are .78 fraud in training and .20 in test. Here a training
row's profile comes only from the labelled rows of the other folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.features.folds import draw_folds
from customs_baselines.features.transformer import DeclarationTransformer
from customs_data.columns.grouping import (
    Codes,
    Group,
    Grouping,
    declared_columns,
    group_sums,
)

#: Entities, codes and pairs that have a profile.
PROFILE_KEYS: tuple[tuple[str, ...], ...] = (
    ("Importer ID",),
    ("Declarant ID",),
    ("Seller ID",),
    ("Courier ID",),
    ("Office ID",),
    ("Import Type",),
    ("Tax Type",),
    ("Country of Origin",),
    ("Country of Departure",),
    ("Chapter",),
    ("Heading",),
    ("HS6 Code",),
    ("Country of Departure", "Country of Origin"),
    ("HS6 Code", "Country of Origin"),
    ("Chapter", "Country of Departure"),
    ("Declarant ID", "Chapter"),
)


@dataclass(frozen=True)
class FoldCounts:
    """Counts of each fold of training rows, for the profiles of its own rows to leave out.

    Attributes
    ----------
    fold : ndarray of int8, shape (n_train,)
        -1 without a label.
    by_fold : list of (ndarray, ndarray) of int32, shapes ((n_groups + 1) * n_folds,)
        For each key: labelled declarations, and frauds among them, of each group in each fold.
    """

    fold: npt.NDArray[np.int8]
    by_fold: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]]


class RiskProfiles(DeclarationTransformer):
    """Smoothed fraud rate and number of labelled declarations of each value of a key.

    Parameters
    ----------
    keys : sequence of tuples of str
        Columns of each profile.
    smoothing : float
        Imaginary declarations at the overall fraud rate added to each value's history.
    n_folds : int
        Folds of the out-of-fold profiles of training rows.
    random_state : int
        Seed of the folds.

    Notes
    -----
    With n labelled declarations of a value, f of them fraud, base rate b and smoothing m, the
    profile is log(p / (1 - p)) of p = (f + m * b) / (n + m), and beside it log(1 + n).
    """

    def __init__(
        self,
        keys: Sequence[tuple[str, ...]] = PROFILE_KEYS,
        smoothing: float = 10.0,
        n_folds: int = 10,
        random_state: int = 0,
    ) -> None:
        self.keys = keys
        self.smoothing = smoothing
        self.n_folds = n_folds
        self.random_state = random_state

    def columns_read(self) -> tuple[str, ...]:
        """Return the declared columns of the keys."""
        return tuple(dict.fromkeys(name for key in self.keys for name in declared_columns(key)))

    def learn_features(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
        """Learn the profiles; return those of the training rows, out-of-fold."""
        self.groupings_ = [Grouping(key) for key in self.keys]
        groups = [grouping.fit(X) for grouping in self.groupings_]
        fold_counts = self.learn(groups, [grouping.n_groups for grouping in self.groupings_], y)
        return self.profile(groups, len(X), fold_counts, slice(0, len(X)))

    def find_features(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the profiles of later declarations, shape (n_declarations, 2 * n_keys)."""
        return self.profile([grouping.find(X) for grouping in self.groupings_], len(X))

    def learn(
        self, groups: Sequence[Group | Codes], sizes: Sequence[int], y: npt.NDArray[np.int8]
    ) -> FoldCounts:
        """Learn the profiles from the groups of the keys and the number of groups.

        Returns
        -------
        FoldCounts
            Counts that `profile` needs for training rows.
        """
        labelled = y >= 0
        self.base_ = float((y[labelled] == 1).mean()) if labelled.any() else 0.5
        fold = draw_folds(y, self.n_folds, self.random_state).astype(np.int8)
        fraud = (y == 1).astype(np.float64)[labelled]
        self.history_ = []
        by_fold = []
        for group, size in zip(groups, sizes, strict=True):
            own = group[labelled]
            self.history_.append((group_sums(own, size), group_sums(own, size, fraud)))
            # Rows without a group (-1) share the place after the last group.
            place = np.where(own < 0, size, own) * self.n_folds + fold[labelled]
            shape = (size + 1) * self.n_folds
            counts = [
                np.bincount(place, minlength=shape),
                np.bincount(place[fraud > 0], minlength=shape),
            ]
            for count in counts:
                count[size * self.n_folds :] = 0
            by_fold.append((counts[0].astype(np.int32), counts[1].astype(np.int32)))
        return FoldCounts(fold, by_fold)

    def profile(
        self,
        groups: Sequence[Group],
        n_rows: int,
        fold_counts: FoldCounts | None = None,
        training: slice | None = None,
    ) -> npt.NDArray[np.float64]:
        """Return profiles of rows, given their groups, shape (n_rows, 2 * n_keys).

        With `fold_counts` they are the training rows `training`, and their profiles out-of-fold.
        """
        columns = []
        for i, (group, (n, f)) in enumerate(zip(groups, self.history_, strict=True)):
            n_row, f_row = n[group], f[group]
            if fold_counts is not None:
                fold = fold_counts.fold[training].astype(np.int64)
                place = np.where(group < 0, len(n) - 1, group) * self.n_folds + np.maximum(fold, 0)
                n_own, f_own = fold_counts.by_fold[i]
                n_row -= np.where(fold < 0, 0, n_own[place])
                f_row -= np.where(fold < 0, 0, f_own[place])
            columns += self._profile(n_row, f_row)
        return np.column_stack(columns) if columns else np.empty((n_rows, 0))

    def feature_names(self) -> list[str]:
        """Return the names of the features: risk and evidence of each key."""
        names = [" x ".join(key) for key in self.keys]
        return [f"{what} of {name}" for name in names for what in ("risk", "evidence")]

    def _profile(
        self, n: npt.NDArray[np.float64], f: npt.NDArray[np.float64]
    ) -> list[npt.NDArray[np.float64]]:
        rate = (f + self.smoothing * self.base_) / (n + self.smoothing)
        return [np.log(rate / (1 - rate)), np.log1p(n)]
