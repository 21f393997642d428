"""The weeks of a season."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.errors import KitError

DAYS = 7


def number_weeks(
    dates: pd.Series[pd.Timestamp], first_played: np.datetime64
) -> npt.NDArray[np.int32]:
    """Return the number of each declaration's week, shape (n_declarations,).

    Parameters
    ----------
    dates : Series of datetime64
    first_played : datetime64
        First day of week 1. Earlier weeks are the warm-up and have the numbers 0, -1 and so on.

    Returns
    -------
    ndarray of int32
        The days after the last whole week belong to this week.

    Raises
    ------
    KitError
        If fewer than seven days are to be played.

    Examples
    --------
    >>> days = pd.Series(pd.date_range("2020-01-01", "2020-01-23"))
    >>> number_weeks(days, np.datetime64("2020-01-08"))[[0, 6, 7, 13, 14, 20, 22]].tolist()
    [0, 0, 1, 1, 2, 2, 2]
    """
    days = dates.to_numpy().astype("datetime64[D]")
    n_played = int((days.max() - first_played).astype(np.int64)) + 1
    if n_played < DAYS:
        raise KitError(
            f"Only {max(n_played, 0)} days are left from {first_played} on: a season takes a week "
            "at least."
        )
    week = (days - first_played).astype(np.int64) // DAYS + 1
    return np.minimum(week, n_played // DAYS).astype(np.int32)
