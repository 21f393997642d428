"""Inspections of bootstrap samples: what is opened is chosen anew in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

#: How often each bootstrap sample contains each unit, shape (n_samples, n_units).
Counts = npt.NDArray[np.int32]
#: What the sum of what is opened is divided by (`InspectionMetric.per`).
Per = Literal["opened", "all", "chance"]


class RankedSamples:
    """Declarations by score, highest first, in groups of one score.

    Parameters
    ----------
    fraud_score : ndarray of float64, shape (n_units,)
        Finite.
    amounts : ndarray of bool or int64, shape (n_units,)
        What each declaration adds if it is opened.
    """

    def __init__(self, fraud_score: npt.NDArray[np.float64], amounts: npt.NDArray[Any]) -> None:
        self._order = np.argsort(-fraud_score, kind="stable")
        self._amounts = amounts[self._order]
        self._dtype = np.int32 if amounts.dtype == bool else np.int64
        ordered = fraud_score[self._order]
        begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self._bounds = np.append(begins, len(ordered))

    def values(self, counts: Counts, cuts: Sequence[tuple[int, Per]]) -> npt.NDArray[np.float64]:
        """Return the metric of each sample at each cut, shape (n_cuts, n_samples).

        Parameters
        ----------
        counts : ndarray of int32, shape (n_samples, n_units)
            How often each sample contains each declaration.
        cuts : sequence of (int, str)
            Number of declarations opened, and the divisor of their sum (see `Per`).
        """
        most, n_all = max(k for k, _ in cuts), int(self._bounds[-1])
        # A sample's cut lies near the k-th declaration: look no further than needed.
        n_looked = most + most // 4 + 50
        while True:
            n_groups = int(np.searchsorted(self._bounds, min(n_looked, n_all)))
            rows = slice(0, int(self._bounds[n_groups]))
            drawn = counts.take(self._order[rows], axis=1)
            sizes = self._sums(drawn, n_groups, np.int32)
            if rows.stop == n_all or (sizes[:, -1] >= most).all():
                break
            n_looked *= 2
        amounts = self._sums(drawn * self._amounts[rows], n_groups, self._dtype)
        values = np.stack([_sum_at_cut(sizes, amounts, k) / k for k, _ in cuts])
        if any(per != "opened" for _, per in cuts):
            everything = (counts[:, self._order] @ self._amounts.astype(np.int64)).astype(float)
            everything[everything == 0] = np.nan  # there is nothing to be a share of
            for value, (k, per) in zip(values, cuts, strict=True):
                if per != "opened":
                    value *= (k if per == "all" else n_all) / everything
        return values

    def _sums(self, cells: npt.NDArray[Any], n_groups: int, dtype: Any) -> npt.NDArray[Any]:
        """Sums over each group and all before it, shape (n_samples, n_groups)."""
        if n_groups < cells.shape[1]:
            cells = np.add.reduceat(cells, self._bounds[:n_groups], axis=1)
        return np.asarray(np.cumsum(cells, axis=1, dtype=dtype))


def _sum_at_cut(
    sizes: npt.NDArray[np.int32], amounts: npt.NDArray[Any], k: int
) -> npt.NDArray[np.float64]:
    """Expected sum over the k declarations opened, ties at the cut as their expectation."""
    samples = np.arange(len(sizes))
    cut = np.argmax(sizes >= k, axis=1)
    above = cut > 0
    n_above = np.where(above, sizes[samples, cut - 1], 0)
    sum_above = np.where(above, amounts[samples, cut - 1], 0)
    tied, adds = sizes[samples, cut] - n_above, amounts[samples, cut] - sum_above
    return np.asarray(sum_above + (k - n_above) * adds / tied)
