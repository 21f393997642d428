"""Drawn rows that repeat a row of the source, by the paper's metric 'new-row synthesis'."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.fidelity.comparison import to_numbers
from customs_data.fidelity.newness import find_matches
from customs_data.schema import CODE_COLUMNS, LABEL_COLUMNS, NUMBER_COLUMNS

_CATEGORIES: Final = [*CODE_COLUMNS, *LABEL_COLUMNS]
_NUMBERS: Final = ["Date", *NUMBER_COLUMNS]


def repeats_source(drawn: pd.DataFrame, source: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return whether each drawn row repeats a source row, shape (n_drawn,).

    Their categories are equal, and their numbers within 1 % of the range. Entity IDs do not count.
    """
    both = pd.concat([source[_CATEGORIES], drawn[_CATEGORIES]], ignore_index=True)
    number = both.groupby(_CATEGORIES, sort=False).ngroup()
    group = np.asarray(number, dtype=np.int64)
    numbers = [
        np.stack([to_numbers(side[name]) for name in _NUMBERS], axis=1) for side in (source, drawn)
    ]
    n = len(source)
    return find_matches((group[:n], numbers[0]), (group[n:], numbers[1]))
