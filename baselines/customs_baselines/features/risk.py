"""Risk profiles: smoothed historical fraud rates of entities and codes.

A profile computed on the rows that a model then learns from contains their labels: in the published
simulation framework flagged importers are .78 fraud in training and .20 in test. Here a training
row's profile comes only from the labelled rows of other stretches of time (see `divide`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.features.cell_sums import Floats, GroupRows, Integers, RowsByCell
from customs_baselines.features.folds import N_CELLS, LeftOut, divide
from customs_baselines.features.transformer import DeclarationTransformer
from customs_data.columns.grouping import Group, Grouping, declared_columns
from customs_data.schema import KEY

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
    # Traders and their lines of trade: a company may cheat in one of them only.
    ("Importer ID", "Chapter"),
    ("Declarant ID", "Seller ID"),
    ("Declarant ID", "Country of Departure"),
    ("Declarant ID", "Office ID"),
    ("Seller ID", "Chapter"),
)

#: Imaginary declarations at the overall fraud rate added to each value's history.
SMOOTHING = 10.0


def profile_of(n: Integers, f: Integers, base: float, smoothing: float) -> list[Floats]:
    """Return risk and evidence of rows, shape (n_rows,) each.

    With n labelled declarations of a value, f of them fraud, base rate b and smoothing m, the risk
    is log(p / (1 - p)) of p = (f + m * b) / (n + m), and the evidence log(1 + n).
    """
    rate = (f + smoothing * base) / (n + smoothing)
    return [np.log(rate / (1 - rate)), np.log1p(n)]


def names_of(keys: Sequence[tuple[str, ...]]) -> list[str]:
    """Return the names of the profiles: risk and evidence of each key."""
    return [f"{what} of {' x '.join(key)}" for key in keys for what in ("risk", "evidence")]


class RiskProfiles(DeclarationTransformer):
    """Smoothed fraud rate and number of labelled declarations of each value of a key.

    Parameters
    ----------
    keys : sequence of tuples of str
        Columns of each profile.
    smoothing : float
        Imaginary declarations at the overall fraud rate added to each value's history.
    n_cells : int
        Stretches of time (or folds) of training rows.
    random_state : int
        Key of the folds.

    Notes
    -----
    See `profile_of`.
    """

    def __init__(
        self,
        keys: Sequence[tuple[str, ...]] = PROFILE_KEYS,
        smoothing: float = SMOOTHING,
        n_cells: int = N_CELLS,
        random_state: int = 0,
    ) -> None:
        self.keys = keys
        self.smoothing = smoothing
        self.n_cells = n_cells
        self.random_state = random_state

    def columns_read(self) -> tuple[str, ...]:
        """Return the declared columns of the keys, and those that deal rows into cells."""
        keys = (name for key in self.keys for name in declared_columns(key))
        return tuple(dict.fromkeys((*keys, "Date", KEY)))

    def learn_features(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Floats:
        """Learn the profiles; return those of the training rows from the labels of other cells."""
        division = divide(X, y, self.n_cells, self.random_state)
        cell = division.find(X)
        labelled = y >= 0
        self.base_ = float((y[labelled] == 1).mean()) if labelled.any() else 0.5
        self.groupings_ = [Grouping(key) for key in self.keys]
        groups = [grouping.fit(X) for grouping in self.groupings_]
        cells = RowsByCell(cell, division.n_cells)
        rows = [cells.find(counts) for counts in (labelled, y == 1)]
        self.history_ = []
        for group, grouping in zip(groups, self.groupings_, strict=True):
            of_groups = GroupRows(cells, group, grouping.n_groups)
            self.history_.append([of_groups.count(some) for some in rows])
        return self._profiles(groups, LeftOut.around(cell, division.n_cells))

    def find_features(self, X: pd.DataFrame) -> Floats:
        """Return the profiles of later declarations, shape (n_declarations, 2 * n_keys)."""
        return self._profiles([grouping.find(X) for grouping in self.groupings_], None)

    def feature_names(self) -> list[str]:
        """Return the names of the features: risk and evidence of each key."""
        return names_of(self.keys)

    def get_feature_sources(self) -> list[tuple[str, ...]]:
        """Declared columns of each feature: those of its key."""
        return [declared_columns(key) for key in self.keys for _ in ("risk", "evidence")]

    def _profiles(self, groups: Sequence[Group], left_out: LeftOut | None) -> Floats:
        columns = []
        for group, history in zip(groups, self.history_, strict=True):
            n, f = (sums.others(group, left_out) for sums in history)
            columns += profile_of(n, f, self.base_, self.smoothing)
        return np.column_stack(columns)
