"""Cut a table of declarations by time, with the paper's proportions."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import numpy as np
import pandas as pd

from customs_data.fidelity.comparison import to_numbers

# Of 18 months, 12 are for training and the last 3 for the final test.
_EARLY: Final = Fraction(12, 18)
_LATER: Final = Fraction(15, 18)


def cut_by_time(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Return the declarations of the first two thirds and of the last sixth of the days.

    Return None without dates, or if one of the two is empty.
    """
    if "Date" not in frame or frame.empty:
        return None
    day = to_numbers(frame["Date"])
    first, span = day.min(), day.max() - day.min() + 1
    place = (day - first) / span
    early, later = frame[place < float(_EARLY)], frame[place >= float(_LATER)]
    return None if early.empty or later.empty else (early, later)


def is_unseen_value(early: pd.Series[str], later: pd.Series[str]) -> float | None:
    """Return the share of later declarations with a value that no earlier one has."""
    known = later.dropna()
    return float(np.mean(~known.isin(early.dropna().unique()))) if len(known) else None
