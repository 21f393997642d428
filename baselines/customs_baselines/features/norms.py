"""Deviation of a number from the norm of the declaration's goods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from customs_data.columns.grouping import Codes, Declarations, Group, Grouping, group_sums

# From coarse to fine: each level's mean is shrunk towards that of the level before it.
NORM_LEVELS: tuple[tuple[str, ...], ...] = (
    ("Chapter",),
    ("Heading",),
    ("HS6 Code",),
    ("HS6 Code", "Country of Origin"),
)
_SHRINKAGE = 4.0  # imaginary declarations of the coarser level's mean

Floats = npt.NDArray[np.float64]


class GoodsNorm:
    """Mean of a number by goods, shrunk from HS6 and origin up to the chapter.

    The norm of a training row leaves out the row itself. Otherwise a rare product's only
    declaration would always be normal in training and never later.
    """

    def fit(self, X: Declarations, values: Floats) -> tuple[Floats, Floats]:
        """Learn the norms; return each training row's deviation from HS6 and HS6-origin norms.

        Parameters
        ----------
        X : DataFrame or coded table, shape (n_train, any)
            Declared columns.
        values : ndarray, shape (n_train,)
            The number, e.g. the log unit price.
        """
        self.groupings_ = [Grouping(key) for key in NORM_LEVELS]
        groups = [grouping.fit(X) for grouping in self.groupings_]
        self.learn(groups, [grouping.n_groups for grouping in self.groupings_], values)
        return self.deviate(groups, values, leave_out=1.0)

    def transform(self, X: Declarations, values: Floats) -> tuple[Floats, Floats]:
        """Return the deviations of later rows, shape (n_declarations,) each."""
        groups = [grouping.find(X) for grouping in self.groupings_]
        return self.deviate(groups, values, leave_out=0.0)

    def learn(self, groups: Sequence[Group | Codes], sizes: Sequence[int], values: Floats) -> None:
        """Learn the norms from the groups of `NORM_LEVELS` and the number of groups."""
        self.mean_ = float(values.mean())
        self.sums_ = [
            (group_sums(group, size), group_sums(group, size, values))
            for group, size in zip(groups, sizes, strict=True)
        ]

    def deviate(
        self, groups: Sequence[Group], values: Floats, leave_out: float
    ) -> tuple[Floats, Floats]:
        """Return deviations of some rows; `leave_out` is 1 for training rows, 0 for others."""
        norm = np.full(len(values), self.mean_)
        norms = []
        for group, (count, total) in zip(groups, self.sums_, strict=True):
            own = np.where(group >= 0, leave_out, 0.0)
            n, s = count[group] - own, total[group] - own * values
            norm = (s + _SHRINKAGE * norm) / (n + _SHRINKAGE)
            norms.append(norm)
        return values - norms[-2], values - norms[-1]
