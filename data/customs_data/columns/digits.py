"""Decimals and trailing zeros of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


def count_decimals(column: pd.Series[Any]) -> npt.NDArray[np.int64]:
    """Return the number of decimals of the shortest form of each float64, shape (n_rows,).

    Examples
    --------
    >>> count_decimals(pd.Series([12.0, 0.25])).tolist()
    [0, 2]
    """
    fraction = column.map(repr).str.split(".").str[1].fillna("0")
    return np.asarray(fraction.where(fraction != "0", "").str.len(), dtype=np.int64)


def count_trailing_zeros(column: pd.Series[Any]) -> npt.NDArray[np.int64]:
    """Return the number of zeros at the end of the integer part, shape (n_rows,).

    Examples
    --------
    >>> count_trailing_zeros(pd.Series([1200.5, 7.0])).tolist()
    [2, 0]
    """
    whole = column.map(repr).str.split(".").str[0]
    return np.asarray(whole.str.len() - whole.str.rstrip("0").str.len(), dtype=np.int64)
