"""Shares and their confidence intervals."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

# 97.5 % quantile of the normal distribution.
_Z: Final = 1.959963984540054


def wilson_interval(count: npt.ArrayLike, n: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return the 95 % interval of a share; NaN where n is 0.

    Parameters
    ----------
    count, n : array_like of float
        `count` of `n`; both may be expected numbers, which are fractions.

    Returns
    -------
    low, high : ndarray of float64
        In [0, 1].

    Notes
    -----
    With p = count / n and z = 1.96: (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) /
    (1 + z^2 / n). Unlike p -+ z sqrt(p (1 - p) / n) it stays within [0, 1] and keeps its coverage
    in small groups.

    References
    ----------
    Wilson, 'Probable inference, the law of succession, and statistical inference', JASA 22 (1927).
    Brown, Cai and DasGupta, 'Interval estimation for a binomial proportion', Statistical Science
    16 (2001).

    Examples
    --------
    None of ten: at most z^2 / (10 + z^2) = 3.841 / 13.841.

    >>> [round(float(end), 4) for end in wilson_interval(0, 10)]
    [0.0, 0.2775]
    """
    size = np.asarray(n, dtype=np.float64)
    share = ratio(np.asarray(count, dtype=np.float64), size)
    # Avoids division by 0; there the share is NaN, and so are both ends.
    safe = np.where(size > 0, size, 1.0)
    centre = share + _Z**2 / (2 * safe)
    # Where expected numbers are summed, rounding can bring share * (1 - share) just below 0.
    half = _Z * np.sqrt(np.maximum(share * (1 - share), 0) / safe + _Z**2 / (4 * safe**2))
    scale = 1 + _Z**2 / safe
    return np.clip((centre - half) / scale, 0, 1), np.clip((centre + half) / scale, 0, 1)


def add_share(table: pd.DataFrame, name: str, count: str, n: str) -> None:
    """Add a column with a share, and two columns with the ends of its 95 % interval."""
    table[name] = ratio(table[count], table[n])
    table[f"{name}_low"], table[f"{name}_high"] = wilson_interval(table[count], table[n])


def ratio(count: npt.ArrayLike, n: npt.ArrayLike) -> Floats:
    """Return count / n, NaN where n is 0."""
    part, size = np.broadcast_arrays(np.asarray(count, np.float64), np.asarray(n, np.float64))
    missing = np.full(size.shape, np.nan)
    return np.asarray(np.divide(part, size, out=missing, where=size > 0))
