"""Ways of exploring: what to open besides the declarations with the highest score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from customs_baselines.features.as_of import KEYS
from customs_baselines.season.week import Week
from customs_data.errors import KitError
from customs_scorer.season.selection import Selection

Floats = npt.NDArray[np.float64]
Explorer = Callable[[Week, Floats, float], Selection]

_SEGMENT: Final = "chapter"
_STALE_WEEKS: Final = 13  # a quarter
_BROKER: Final = "declarant"


def _random(week: Week, p: Floats, share: float) -> Selection:
    return week.random(share)


def _uncertain(week: Week, p: Floats, share: float) -> Selection:
    return week.explore(-np.abs(p - 0.5), share, "uncertain")


def _coverage(week: Week, p: Floats, share: float) -> Selection:
    """Traders with few labels, one declaration per broker first."""
    codes, rows = week.office.codes, week.known_rows
    arriving = codes[-week.n_arrivals :]
    few = np.zeros(week.n_arrivals)
    for name in ("declarant", "seller", "importer"):
        key = list(KEYS).index(name)
        n = np.bincount(codes[rows, key], minlength=int(codes[:, key].max()) + 1)
        few -= np.log1p(n[arriving[:, key]])
    broker = arriving[:, list(KEYS).index(_BROKER)]
    order = np.argsort(-few, kind="stable")
    turn = np.empty(len(few))
    seen: dict[int, int] = {}
    for row in order:
        turn[row] = seen[broker[row]] = seen.get(int(broker[row]), -1) + 1
    return week.explore(few - 100.0 * turn, share, "coverage")


def _stale(week: Week, p: Floats, share: float) -> Selection:
    """Chapters that nobody has opened for the longest time; within one, drawn."""
    key = list(KEYS).index(_SEGMENT)
    codes, rows = week.office.codes[:, key], week.known_rows
    last = np.full(int(codes.max()) + 1, -np.inf)
    np.maximum.at(last, codes[rows], week.office.week[rows].astype(np.float64))
    weeks = np.minimum(week.number - last[codes[-week.n_arrivals :]], _STALE_WEEKS)
    return week.explore(weeks, share, "stale")


#: By the name that the option --explore takes.
EXPLORERS: Final[dict[str, Explorer]] = {
    "random": _random,
    "uncertain": _uncertain,
    "coverage": _coverage,
    "stale": _stale,
}


def find_explorer(name: str) -> Explorer:
    """Return a way of exploring.

    Raises
    ------
    KitError
        If there is none of this name.
    """
    if name not in EXPLORERS:
        raise KitError(f"Unknown way of exploring {name!r}: choose {', '.join(EXPLORERS)}.")
    return EXPLORERS[name]
