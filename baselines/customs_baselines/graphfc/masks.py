"""Masks: which labels are hidden as targets while the others are revealed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from customs_baselines.graphfc.context import Integers

_SHORTEST, _LONGEST = 60, 120  # days of a stretch of hidden labels
_HIDDEN_SHARE: Final = 0.35  # share of the labels that a random mask hides


def draw_masks(
    days: Integers, labelled: Integers, n_masks: int, rng: np.random.Generator
) -> Iterator[tuple[npt.NDArray[np.bool_], Integers]]:
    """Yield revealed labels and targets.

    Half of the masks hide the labels of a stretch of time, as for declarations to be scored: the
    nearest labels are months away, and traders have changed since. The other half hide labels at
    random.

    Parameters
    ----------
    days : ndarray of int64, shape (n_declarations,)
        Day of filing.
    labelled : ndarray of int64
        Positions of the known labels.
    n_masks : int
    rng : Generator

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
