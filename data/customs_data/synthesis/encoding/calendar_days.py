"""Days: drawn near the day from the model, where the source has declarations."""

from __future__ import annotations

from typing import Final

import numpy as np

from customs_data.synthesis.encoding.rows import Floats, Ints

_REACH: Final = 3  # days before and after: a whole week, so that weekdays keep their shares


def draw_days(day: Floats, volume: Ints, rng: np.random.Generator) -> Ints:
    """Draw a day within three of each given one, by the source's declarations per day.

    Parameters
    ----------
    day : ndarray of float64, shape (n_rows,)
        Days since the first of the source; any numbers.
    volume : ndarray of int64, shape (n_days,)
        Declarations of the source on each day.
    rng : Generator
        Random numbers.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        Days with declarations in the source.

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
    closed = total[:, -1] == 0  # a week without declarations: the next day with some
    place = np.clip(np.searchsorted(busy, near[closed]), 0, len(busy) - 1)
    drawn[closed] = busy[place]
    return np.asarray(drawn, dtype=np.int64)
