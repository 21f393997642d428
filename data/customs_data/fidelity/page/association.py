"""Association between the columns of a table, for the heat maps of Figure 5."""

from __future__ import annotations

from math import sqrt

import numpy as np

from customs_data.fidelity.comparison import Comparison
from customs_data.fidelity.judges.out_of_fold import quantile_bins
from customs_data.fidelity.metrics import Codes, Floats

_N_BINS = 10


def cramers_v(first: Codes, second: Codes) -> float:
    r"""Return Cramer's V of two columns of codes, corrected for chance.

    Parameters
    ----------
    first, second : ndarray of int64, shape (n_rows,)

    Returns
    -------
    float
        In [0, 1]: 0 for independent columns or a constant column, 1 if one determines the other.

    Notes
    -----
    phi^2 = sum over i, j of n_ij^2 / (n_i n_j), minus 1, less its expectation under independence,
    (k - 1)(r - 1) / (n - 1); k and r are corrected alike. Without the correction, any two columns
    of many values look associated.

    References
    ----------
    Bergsma, A bias-correction for Cramer's V and Tschuprow's T, J. Korean Stat. Soc. 42, 2013.

    Examples
    --------
    >>> column = np.repeat([0, 1], 50)
    >>> cramers_v(column, 1 - column)
    1.0
    >>> cramers_v(column, np.tile([0, 1], 50))
    0.0
    """
    n = len(first)
    rows, row = np.unique(first, return_inverse=True)
    columns, column = np.unique(second, return_inverse=True)
    k, r = len(rows), len(columns)
    if min(k, r) < 2 or n < 2:
        return 0.0
    cells, counts = np.unique(row * r + column, return_counts=True)
    expected = np.bincount(row)[cells // r] * np.bincount(column)[cells % r]
    phi2 = float((counts.astype(np.float64) ** 2 / expected).sum()) - 1
    phi2 = max(phi2 - (k - 1) * (r - 1) / (n - 1), 0.0)
    smaller = min(k - (k - 1) ** 2 / (n - 1), r - (r - 1) ** 2 / (n - 1)) - 1
    return min(sqrt(phi2 / smaller), 1.0) if smaller > 0 else 0.0


def associate(pair: Comparison) -> tuple[list[str], Floats, Floats]:
    """Return column names, and the association of all pairs in the source and synthetic tables.

    Numbers are replaced by their decile over both tables.
    """
    names = [*pair.numerical, *pair.categorical]
    codes = [_codes(pair, name) for name in names]
    matrices = np.ones((2, len(names), len(names)))
    for i in range(len(names)):
        for j in range(i):
            for side in (0, 1):
                value = cramers_v(codes[i][side], codes[j][side])
                matrices[side, i, j] = matrices[side, j, i] = value
    return names, matrices[0], matrices[1]


def _codes(pair: Comparison, name: str) -> tuple[Codes, Codes]:
    if name in pair.categorical:
        return pair.codes(name)
    binned = quantile_bins(np.concatenate(pair.numbers(name)), _N_BINS)
    return binned[: pair.n_rows], binned[pair.n_rows :]
