"""`stale`: goods that nobody has opened for long."""

from __future__ import annotations

from typing import Final

import numpy as np

from customs_baselines.features.as_of import KEYS
from customs_baselines.season.exploring import Floats, ValueExplorer
from customs_baselines.season.week import Week

_SEGMENT: Final = "chapter"
_STALE_WEEKS: Final = 13  # a quarter


class StaleExplorer(ValueExplorer):
    """Chapters that nobody has opened for the longest time; within one, drawn."""

    def value(self, week: Week, p: Floats) -> Floats:
        """Return the weeks since each arrival's chapter was opened, at most a quarter."""
        key = list(KEYS).index(_SEGMENT)
        codes, rows = week.office.codes[:, key], week.known_rows
        last = np.full(int(codes.max()) + 1, -np.inf)
        np.maximum.at(last, codes[rows], week.office.week[rows].astype(np.float64))
        weeks = week.number - last[codes[-week.n_arrivals :]]
        return np.asarray(np.minimum(weeks, _STALE_WEEKS))


EXPLORER = StaleExplorer
SUMMARY = "Chapters that nobody has opened for long."
