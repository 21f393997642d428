"""Risk profiles: smoothed historical fraud rates of entities and codes, out-of-fold.

A profile computed on the very rows it is then used to train on knows their labels: in the published
simulation framework flagged importers are .78 fraud in training and .20 in test (REFERENCES.md, 3).
Here a training row's profile comes from the other folds only, and only from labelled rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator

from customs_baselines.features.folds import draw_folds
from customs_data.grouping import Grouping, group_sums

#: Entities, codes and pairs whose history is profiled.
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


class RiskProfiles(BaseEstimator):
    """Smoothed fraud rate and number of labelled declarations of each key's value.

    Parameters
    ----------
    keys : sequence of tuples of str
        What to profile.
    smoothing : float
        Imaginary declarations at the overall fraud rate added to each value's history.
    n_folds : int
        Folds of the out-of-fold profiles of training rows.
    random_state : int
        Of the folds.

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

    def fit_transform(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
        """Learn the profiles; return those of the training rows, out-of-fold.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.

        Returns
        -------
        ndarray of float64, shape (n_train, 2 * n_keys)
        """
        labelled = y >= 0
        self.base_ = float((y[labelled] == 1).mean()) if labelled.any() else 0.5
        fold = draw_folds(y, self.n_folds, self.random_state)
        self.groupings_ = [Grouping(key) for key in self.keys]
        groups = [grouping.fit(X) for grouping in self.groupings_]
        fraud = (y == 1).astype(np.float64)
        self.history_ = []
        columns = []
        for grouping, group in zip(self.groupings_, groups, strict=True):
            size = grouping.n_groups
            n = group_sums(group[labelled], size)
            f = group_sums(group[labelled], size, fraud[labelled])
            self.history_.append((n, f))
            n_row, f_row = n[group], f[group]
            for i in range(self.n_folds):
                own = fold == i
                n_row[own] -= group_sums(group[own], size)[group[own]]
                f_row[own] -= group_sums(group[own], size, fraud[own])[group[own]]
            columns += self._profile(n_row, f_row)
        return self._stack(columns, len(X))

    def transform(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the profiles of later declarations, shape (n_declarations, 2 * n_keys)."""
        columns = []
        for grouping, (n, f) in zip(self.groupings_, self.history_, strict=True):
            group = grouping.find(X)
            columns += self._profile(n[group], f[group])
        return self._stack(columns, len(X))

    def get_feature_names_out(self) -> list[str]:
        """Names of the columns."""
        names = [" x ".join(key) for key in self.keys]
        return [f"{what} of {name}" for name in names for what in ("risk", "evidence")]

    @staticmethod
    def _stack(columns: list[npt.NDArray[np.float64]], n_rows: int) -> npt.NDArray[np.float64]:
        return np.column_stack(columns) if columns else np.empty((n_rows, 0))

    def _profile(
        self, n: npt.NDArray[np.float64], f: npt.NDArray[np.float64]
    ) -> list[npt.NDArray[np.float64]]:
        rate = (f + self.smoothing * self.base_) / (n + self.smoothing)
        return [np.log(rate / (1 - rate)), np.log1p(n)]
