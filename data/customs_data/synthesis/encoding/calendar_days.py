"""Days: drawn afresh around the day a model gives, where the source has declarations."""

from __future__ import annotations

from typing import Final

import numpy as np

from customs_data.synthesis.encoding.rows import Floats, Ints

_REACH: Final = 3  # days to either side: one whole week, so that weekdays keep their shares


def draw_days(day: Floats, volume: Ints, rng: np.random.Generator) -> Ints:
    """Draw a day within three of each given one, in proportion to the source's declarations.

    Parameters
    ----------
    day : ndarray of float64, shape (n_rows,)
        Days since the first of the source; any number.
    volume : ndarray of int64, shape (n_days,)
        Declarations of the source on each day, from its first to its last.
    rng : Generator
        Of the draws.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        Days that have declarations in the source.

    Examples
    --------
    >>> closed_on_weekends = np.array([9, 8, 7, 8, 9, 0, 0, 9, 9])
    >>> day = draw_days(np.full(100, 5.4), closed_on_weekends, np.random.default_rng(0))
    >>> sorted(set(day.tolist()) & {5, 6})
    []
    """
    near = np.clip(np.rint(day), 0, len(volume) - 1).astype(np.int64)
    offsets = np.arange(-_REACH, _REACH + 1)
    candidates = near[:, None] + offsets
    inside = (candidates >= 0) & (candidates < len(volume))
    weight = np.where(inside, volume[np.clip(candidates, 0, len(volume) - 1)], 0).astype(np.float64)
    total = np.cumsum(weight, axis=1)
    chosen = (rng.random(len(day))[:, None] * total[:, -1:] >= total).sum(axis=1)
    drawn = candidates[np.arange(len(day)), np.minimum(chosen, 2 * _REACH)]
    busy = np.flatnonzero(volume)
    lonely = total[:, -1] == 0  # a week without declarations: the nearest day that has some
    place = np.clip(np.searchsorted(busy, near[lonely]), 0, len(busy) - 1)
    drawn[lonely] = busy[place]
    return np.asarray(drawn, dtype=np.int64)
