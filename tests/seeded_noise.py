"""Noise for tests: from a seed, so that it protects nobody."""

from __future__ import annotations

import numpy as np


class SeededNoise:
    """Rounded Gaussian noise from a seed, a share of what it should be."""

    source = "seeded, for tests"
    library = "NumPy"

    def __init__(self, seed: int = 0, share: float = 1.0) -> None:
        self._rng = np.random.default_rng(seed)
        self._share = share

    def add(self, sums, scale):
        noise = self._rng.normal(0.0, self._share * scale, len(sums))
        return sums + np.rint(noise).astype(np.int64)

    def add_above(self, sums, scale, threshold):
        noisy = self.add(sums, scale)
        places = np.flatnonzero(noisy >= threshold)
        return places, noisy[places]
