"""Which labels are hidden as targets while others travel; which rows are pre-trained on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from customs_baselines.graphfc.context import Integers, Links
from customs_baselines.graphfc.past_sums import next_of_group

_SHORTEST, _LONGEST = 60, 120  # days of a gap in time
_MOST_UNLABELLED: Final = 20_000  # declarations to pre-train on
_HIDDEN_SHARE: Final = 0.35  # of the labels, where they are hidden at random


def draw_masks(
    days: Integers, labelled: Integers, n_masks: int, rng: np.random.Generator
) -> Iterator[tuple[npt.NDArray[np.bool_], Integers]]:
    """Yield revealed labels and targets.

    Half of the masks hide the labels of a stretch of time, because that is what declarations to be
    scored look like: the labels nearest in time are months away and traders have changed since. The
    other half hide labels at random.

    Parameters
    ----------
    days : ndarray of int64, shape (n_declarations,)
        Day of filing.
    labelled : ndarray of int64
        Positions of the known labels.
    n_masks : int
        How many.
    rng : Generator
        Source of the draws.

    Yields
    ------
    revealed : ndarray of bool, shape (n_declarations,)
    targets : ndarray of int64
        Positions of the hidden labels; no mask leaves them or the revealed ones empty.
    """
    own = days[labelled]
    first, last = int(own.min()), int(own.max())
    for i in range(n_masks):
        hidden = rng.random(len(labelled)) < _HIDDEN_SHARE
        length = int(rng.integers(_SHORTEST, _LONGEST))
        start = int(rng.integers(first - length // 2, last - length // 2 + 1))
        gap = (own >= start) & (own < start + length)
        if i % 2 == 0 and gap.any() and not gap.all():
            hidden = gap
        if not hidden.any() or hidden.all():
            hidden = np.arange(len(labelled)) % 2 == i // 2 % 2
        revealed = np.zeros(len(days), dtype=np.bool_)
        revealed[labelled[~hidden]] = True
        yield revealed, labelled[hidden]


def draw_unlabelled(
    links: Links, n_train: int, labelled: Integers, rng: np.random.Generator
) -> tuple[npt.NDArray[np.bool_], Integers, Integers]:
    """Draw training declarations to pre-train on; no label of theirs is revealed.

    Parameters
    ----------
    links : Links
        The graph; its first declarations are those of training.
    n_train : int
        How many.
    labelled : ndarray of int64
        Positions of the known labels.
    rng : Generator
        Source of the draws.

    Returns
    -------
    revealed : ndarray of bool, shape (n_declarations,)
        Labels that may be read.
    rows : ndarray of int64, shape (n_rows,)
        Positions of the declarations.
    partner : ndarray of int64, shape (n_rows,)
        Place among `rows` of another of the same importer, or else seller; -1 for none.
    """
    revealed, _ = next(draw_masks(links.day, labelled, 1, rng))
    rows = np.flatnonzero(~revealed[:n_train])
    rows = np.sort(rng.choice(rows, min(len(rows), _MOST_UNLABELLED), replace=False))
    partner = next_of_group(links.group["importer"][rows])
    by_seller = next_of_group(links.group["seller"][rows])
    return revealed, rows, np.where(partner >= 0, partner, by_seller)
