"""Rows of the source again: what copies score."""

from __future__ import annotations

from typing import Self

import numpy as np

from customs_data.synthesis.encoding.rows import Ints, Progress, Rows


class Bootstrap:
    """Whole rows, drawn with replacement from those of the same label.

    It scores best in every test of likeness, with copies alone. Only entity IDs and unit prices are
    new.
    """

    def fit(self, rows: Rows, rng: np.random.Generator, progress: Progress) -> Self:
        """Store the rows."""
        self._rows = rows
        progress(1.0)
        return self

    def sample(self, label: Ints, rng: np.random.Generator) -> Rows:
        """Draw a row of each label."""
        place = np.zeros(len(label), dtype=np.int64)
        for value in np.unique(label):
            donors = np.flatnonzero(self._rows.label == value)
            is_value = label == value
            place[is_value] = rng.choice(donors, int(is_value.sum()))
        return self._rows.take(place)
