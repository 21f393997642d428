"""Validation inside the training period: learn from the earlier part, score the later part."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.errors import KitError


def split_by_time(
    dates: pd.Series[pd.Timestamp], later_share: float = 0.25
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Split training declarations by time.

    Parameters
    ----------
    dates : Series of datetime64, shape (n_train,)
        Column Date.
    later_share : float
        Share of the period's *days* that forms the later part, in (0, 1): a quarter of twelve
        months, as long as a test period.

    Returns
    -------
    earlier, later : ndarray of bool, shape (n_train,)

    Raises
    ------
    KitError
        If a part would be empty.

    Examples
    --------
    >>> days = pd.Series(pd.date_range("2020-01-01", periods=8))
    >>> split_by_time(days)[1].sum()
    np.int64(2)
    """
    if not 0 < later_share < 1:
        raise KitError(f"later_share must be a fraction between 0 and 1, however: {later_share}.")
    days = dates.to_numpy().astype("datetime64[D]")
    if len(days) == 0:
        raise KitError("There must be training declarations to split, however: there are none.")
    n_days = int((days.max() - days.min()).astype(np.int64)) + 1
    cut = days.max() - np.timedelta64(max(round(n_days * later_share), 1) - 1, "D")
    later = days >= cut
    if later.all():
        raise KitError(
            "The training declarations must span more than one day to be split by time, however: "
            f"all are of {days.max()}."
        )
    return ~later, later
