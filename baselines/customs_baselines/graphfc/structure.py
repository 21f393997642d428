"""Structural statistics: what the declarations of a trader, and of its partners, are like.

They read no label. As of a declaration's day they use what was filed until then, so that a
declaration of the training year and one scored later are described alike.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from customs_baselines.graphfc.context import Floats, Links
from customs_baselines.graphfc.past_sums import Running, is_first_meeting

#: The traders whose declarations are described.
TRADERS: Final = ("importer", "declarant", "seller")
#: What they may show many or few of; beside the traders themselves.
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
    """Make-up of each declaration's traders (one hop) and of these traders' partners (two hops).

    Parameters
    ----------
    links : Links
        With the relations of `PARTNERS`.
    values : ndarray of float64, shape (n_declarations, n_values)
        Numbers of a declaration: deviations from norms, log mass, ...
    past_only : bool
        Whether a declaration sees only what was filed no later than its own day.

    Returns
    -------
    ndarray of float64, shape (n_declarations, n_statistics)
        NaN where a declaration has no seller.
    """
    running = {name: Running(links.group[name], links.day, past_only=past_only) for name in TRADERS}
    make_up = {name: _make_up(name, links, values, running[name]) for name in TRADERS}
    columns = [make_up[name] for name in TRADERS]
    columns += [
        _mean(running[name], make_up[other])
        for name in TRADERS
        for other in TRADERS
        if other != name
    ]
    return np.hstack(columns)


def _make_up(name: str, links: Links, values: Floats, running: Running) -> Floats:
    group, day = links.group[name], links.day
    meetings = [
        is_first_meeting(group, links.group[other], day) for other in PARTNERS if other != name
    ]
    own_day = day.astype(np.float64)[:, None] - (day.min() if len(day) else 0)
    summed = running.sums(
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
    first, last = running.first(day), running.last(day)
    span = (last - first).astype(np.float64)
    found = np.column_stack(
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
    found[group < 0] = np.nan
    return found


def _spread(square: Floats, mean: Floats) -> Floats:
    """Standard deviation, without the square root of rounding errors where all values agree."""
    found: Floats = np.sqrt(np.maximum(square - mean**2 - _NOISE, 0.0))
    return found


def _mean(running: Running, values: Floats) -> Floats:
    """Mean over an entity's declarations, missing values left out."""
    known = np.isfinite(values[:, :1])  # a declaration has a partner, with all its values, or not
    count = running.sums(known.astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = running.sums(np.where(known, values, 0.0)) / count
    return found
