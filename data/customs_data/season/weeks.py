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
    return np.minimum(_weeks_from(days, first_played), n_played // DAYS).astype(np.int32)


def number_warm_up(dates: pd.Series[pd.Timestamp], warm_up_weeks: int) -> npt.NDArray[np.int32]:
    """Return the same of declarations of the warm-up alone, shape (n_declarations,).

    Parameters
    ----------
    dates : Series of datetime64
        In the order of filing; the first day is that of the season.
    warm_up_weeks : int

    Examples
    --------
    >>> days = pd.Series(pd.date_range("2020-01-01", "2020-01-14"))
    >>> number_warm_up(days, 2)[[0, 6, 7, 13]].tolist()
    [-1, -1, 0, 0]
    """
    days = dates.to_numpy().astype("datetime64[D]")
    return _weeks_from(days, first_day(days[0], warm_up_weeks)).astype(np.int32)


def first_day(first_filed: np.datetime64, warm_up_weeks: int) -> np.datetime64:
    """Return the first day of week 1 of a season that begins with a warm-up."""
    return first_filed + np.timedelta64(warm_up_weeks * DAYS, "D")


def _weeks_from(
    days: npt.NDArray[np.datetime64], first_played: np.datetime64
) -> npt.NDArray[np.int64]:
    return (days - first_played).astype(np.int64) // DAYS + 1
