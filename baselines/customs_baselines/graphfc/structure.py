"""Structural statistics: what the declarations of a trader, and of its partners, are like.

They read no label. Each declaration is described by what was filed up to its own day, so that
declarations of training and later ones are described alike.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from customs_baselines.graphfc.context import Floats, Links
from customs_baselines.graphfc.past_sums import PastSums, is_first_meeting

#: The traders whose declarations are described.
TRADERS: Final = ("importer", "declarant", "seller")
#: Whose distinct values are counted for each trader.
PARTNERS: Final[dict[str, tuple[str, ...]]] = {
    "importer": ("Importer ID",),
    "declarant": ("Declarant ID",),
    "seller": ("Seller ID",),
    "office": ("Office ID",),
    "HS6": ("HS6 Code",),
    "departure": ("Country of Departure",),
    "import type": ("Import Type",),
    "mode": ("Mode of Transport",),
    "indicator": ("Country of Origin Indicator",),
}
_WEEK: Final = 7.0
_NOISE: Final = 1e-6  # variance below which values count as equal


def structural_statistics(links: Links, values: Floats, *, past_only: bool) -> Floats:
    """Describe each declaration's traders (one hop) and these traders' partners (two hops).

    Parameters
    ----------
    links : Links
        With the relations of `PARTNERS`.
    values : ndarray of float64, shape (n_declarations, n_values)
        Numbers of a declaration: deviations from norms, log mass, ...
    past_only : bool
        Whether a declaration is described only by what was filed no later than its own day.

    Returns
    -------
    ndarray of float64, shape (n_declarations, n_statistics)
        NaN where a declaration has no seller.
    """
    past = {name: PastSums(links.group[name], links.day, past_only=past_only) for name in TRADERS}
    make_up = {name: _make_up(name, links, values, past[name]) for name in TRADERS}
    columns = [make_up[name] for name in TRADERS]
    columns += [
        _mean(past[name], make_up[other]) for name in TRADERS for other in TRADERS if other != name
    ]
    return np.hstack(columns)


def _make_up(name: str, links: Links, values: Floats, past: PastSums) -> Floats:
    group, day = links.group[name], links.day
    meetings = [
        is_first_meeting(group, links.group[other], day) for other in PARTNERS if other != name
    ]
    own_day = day.astype(np.float64)[:, None] - (day.min() if len(day) else 0)
    summed = past.sums(
        np.hstack(
            [
                np.ones((len(group), 1)),
                values,
                values**2,
                own_day,
                own_day**2,
                *(meeting[:, None] for meeting in meetings),
            ]
        )
    )
    n_values = values.shape[1]
    count = np.maximum(summed[:, 0], 1.0)[:, None]
    mean = summed[:, 1 : 1 + n_values] / count
    square = summed[:, 1 + n_values : 1 + 2 * n_values] / count
    mean_day, square_day = (summed[:, 1 + 2 * n_values + i, None] / count for i in range(2))
    first, last = past.first(day), past.last(day)
    span = (last - first).astype(np.float64)
    statistics = np.column_stack(
        [
            np.log1p(summed[:, 0]),
            mean,
            _spread(square, mean),
            _spread(square_day, mean_day),
            day - first,
            last - day,
            span,
            np.log(count[:, 0] / (span + _WEEK)),
            summed[:, 3 + 2 * n_values :] / count,
        ]
    )
    statistics[group < 0] = np.nan
    return statistics


def _spread(square: Floats, mean: Floats) -> Floats:
    """Standard deviation, without the square root of rounding errors where all values agree."""
    return np.asarray(np.sqrt(np.maximum(square - mean**2 - _NOISE, 0.0)))


def _mean(past: PastSums, values: Floats) -> Floats:
    """Mean over an entity's declarations, without missing values."""
    known = np.isfinite(values[:, :1])  # either all values of a declaration are missing, or none
    count = past.sums(known.astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(past.sums(np.where(known, values, 0.0)) / count)
