"""Arrays of numbers as declarations, for scikit-learn's checks of estimators."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customs_data.schema import COLUMN, DECLARED_COLUMNS

NUMBERS = {"dtype": float, "ensure_all_finite": "allow-nan"}


def as_declarations(values):
    """Declarations that say the same as an array of numbers: its columns in turn."""
    texts = [" ".join(map(repr, row)) for row in values.tolist()]
    columns = {}
    for place, name in enumerate(DECLARED_COLUMNS):
        numbers = np.abs(np.nan_to_num(values[:, place % values.shape[1]])).clip(0, 1e6)
        match COLUMN[name].role:
            case "time":
                columns[name] = pd.Timestamp("2020-01-01") + pd.to_timedelta(numbers // 1, "D")
            case "number":
                columns[name] = numbers
            case "key":  # the same for the same row; differs between equal rows of one array
                times = pd.Series(texts).groupby(texts).cumcount()
                columns[name] = [f"{text} {n}" for text, n in zip(texts, times, strict=True)]
            case _:
                columns[name] = [f"{int(number * 2):06d}" for number in numbers]
    frame = pd.DataFrame(columns)
    return frame.astype({name: COLUMN[name].dtype for name in columns})
