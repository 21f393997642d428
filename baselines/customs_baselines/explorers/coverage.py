"""`coverage`: traders with few labels."""

from __future__ import annotations

from typing import Final

import numpy as np

from customs_baselines.features.as_of import KEYS
from customs_baselines.season.exploring import Floats, ValueExplorer
from customs_baselines.season.week import Week

_BROKER: Final = "declarant"
_TRADERS: Final = (_BROKER, "seller", "importer")


class CoverageExplorer(ValueExplorer):
    """Traders with few labels, one declaration per broker first."""

    def value(self, week: Week, p: Floats) -> Floats:
        """Return how little is known of each arrival's traders."""
        codes, rows = week.office.codes, week.known_rows
        arriving = codes[-week.n_arrivals :]
        few = np.zeros(week.n_arrivals)
        for name in _TRADERS:
            key = list(KEYS).index(name)
            n = np.bincount(codes[rows, key], minlength=int(codes[:, key].max()) + 1)
            few -= np.log1p(n[arriving[:, key]])
        broker = arriving[:, list(KEYS).index(_BROKER)]
        order = np.argsort(-few, kind="stable")
        turn = np.empty(len(few))
        seen: dict[int, int] = {}
        for row in order:
            turn[row] = seen[broker[row]] = seen.get(int(broker[row]), -1) + 1
        return np.asarray(few - 100.0 * turn)


EXPLORER = CoverageExplorer
SUMMARY = "Traders with few labels, one declaration per broker first."
