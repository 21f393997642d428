"""Features of labelled rows in several parts, computed when read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from threading import Lock

import numpy as np
import numpy.typing as npt

from customs_baselines.cluster.parts import PublicParts
from customs_baselines.features.folds import Division, LeftOut
from customs_baselines.features.kit import KitFeatures, KitRows
from customs_baselines.features.row_blocks import Floats
from customs_data.split import rows_of


class PartRows:
    """The labelled declarations of some training parts (see `FeatureRows`), once per view.

    One part is in memory at a time, so they are best read in order.

    Parameters
    ----------
    features : KitFeatures
        Fitted.
    division : Division
        Cells of the declarations.
    views : sequence of float
        As of `KitFeatures.fit_rows`.
    parts : PublicParts
    numbers : sequence of int
        Training parts, from 0.

    Attributes
    ----------
    y : ndarray of int8, shape (n_rows,)
        Their labels: 1 or 0.
    """

    def __init__(
        self,
        features: KitFeatures,
        division: Division,
        views: Sequence[float],
        parts: PublicParts,
        numbers: Sequence[int],
    ) -> None:
        self._features = features
        self._division = division
        self._parts = parts
        self._pieces = [(number, share) for share in views for number in numbers]
        labels = [parts.read_labels(number) for number, _ in self._pieces]
        known = [y[y >= 0] for y in labels]
        self.y: npt.NDArray[np.int8] = np.concatenate(known)
        self._starts = list(accumulate((len(y) for y in known), initial=0))
        self._open: tuple[int, KitRows] | None = None
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self.y)

    def read(self, start: int, stop: int) -> Floats:
        """See `FeatureRows`."""
        blocks = [
            self._rows_of(place).read(max(start - first, 0), min(stop, last) - first)
            for place, (first, last) in enumerate(pairwise(self._starts))
            if start < last and stop > first
        ]
        return np.vstack(blocks)

    def forget(self) -> None:
        """See `FeatureRows`."""
        self._open = None

    def _rows_of(self, place: int) -> KitRows:
        with self._lock:
            if self._open is None or self._open[0] != place:
                self._open = None
                self._open = place, self._describe(*self._pieces[place])
            return self._open[1]

    def _describe(self, number: int, share: float) -> KitRows:
        X, y = self._parts.read_train(number)
        X = rows_of(X, y >= 0)
        cell = self._division.find(X)
        return self._features.find_rows(X, LeftOut.around(cell, self._division.n_cells, share))
