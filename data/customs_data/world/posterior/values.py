"""How probable the declared mass and price are, given the usual ones and the scheme."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customs_data.world.configuration import Configuration
from customs_data.world.drawing.arithmetic import (
    exponential,
    normal_quantile,
    ordered_sum,
    trimmed_quantile,
)
from customs_data.world.effects import Effects
from customs_data.world.schemes import SCHEMES, SHALLOWEST

FloatArray = NDArray[np.float64]

_N_DEPTHS = 64  # points of the distribution of depths
_STEP, _REACH = 1.0 / 64.0, 10.0  # grids of tables, in ln units or standard deviations


@dataclass(frozen=True)
class _Table:
    """Function on an even grid, linear in between."""

    low: float
    value: FloatArray

    def at(self, x: FloatArray) -> FloatArray:
        """Return the function's values; beyond the ends, those at the ends."""
        return _between(x, self)[0]


def _between(x: FloatArray, *tables: _Table) -> list[FloatArray]:
    """Return the values of functions on the same grid."""
    first = tables[0]
    spot = np.clip((x - first.low) / _STEP, 0.0, len(first.value) - 1.001)
    place = spot.astype(np.int64)
    after, share = place + 1, spot - place
    values = []
    for table in tables:
        below = table.value.take(place)
        values.append(below + share * (table.value.take(after) - below))
    return values


class Values:
    """Densities of deviations from what is usual; a constant factor is left out everywhere.

    Parameters
    ----------
    configuration : Configuration
    effects : Effects
    """

    def __init__(self, configuration: Configuration, effects: Effects) -> None:
        trade, depth = configuration.trade, configuration.cheating.depth
        even = (np.arange(_N_DEPTHS) + 0.5) / _N_DEPTHS
        z = normal_quantile(even)
        grid = np.arange(-_REACH, _REACH + _STEP, _STEP)
        names = list(SCHEMES)

        def blur(shift: FloatArray) -> _Table:
            """Tabulate the density of a price that a scheme moves by one of `shift`."""
            total = np.zeros(len(grid))
            for step in shift:
                far = (grid - step) / trade.price_sd
                total = total + exponential(-0.5 * far * far)
            return _Table(-_REACH, total / len(shift))

        def depths(name: str) -> FloatArray:
            mean, spread = depth[name]
            factor = effects.depth_factor[names.index(name)]
            return np.asarray(np.maximum(factor * (mean + spread * z), SHALLOWEST))

        self._price = blur(np.zeros(1))
        self._lower_price = blur(-depths("undervaluation"))
        self._higher_price = blur(depths("overvaluation"))
        mean, spread = depth["quantity misstatement"]
        factor = effects.depth_factor[names.index("quantity misstatement")]
        self._hidden_mean, self._hidden_sd = factor * mean, max(factor * spread, 1e-6)
        below = np.cumsum(exponential(-0.5 * grid * grid))
        self._below = _Table(-_REACH, below / below[-1])  # the normal distribution function
        other = trade.line_mass_spread * trimmed_quantile(even, trade.line_mass_tail)
        #: Variance of the usual masses of lines, for a product whose ln mass has sd 1.
        self.line_variance = ordered_sum(other * other) / _N_DEPTHS

    def prices(self, deviation: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the densities of a true, an undervalued and an overvalued price, each (m,).

        `deviation` is ln price minus what is usual for importer, true goods and declared mass.
        """
        price, lower, higher = _between(
            deviation, self._price, self._lower_price, self._higher_price
        )
        return price, lower, higher

    def masses(
        self, deviation: FloatArray, variance: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the densities of a true and an understated mass, and what the latter hides.

        Parameters
        ----------
        deviation : float64 array, shape (m,)
            Ln mass minus the usual one.
        variance : float64 array, shape (m,)
            Variance of a true mass.

        Returns
        -------
        three float64 arrays, shape (m,)
            The last is the expected ln unit that a scheme hides.
        """
        true = _normal(deviation, variance)
        least, mean, spread = 2.0 * SHALLOWEST, self._hidden_mean, self._hidden_sd
        total = variance + spread * spread
        expected = (mean * variance - deviation * (spread * spread)) / total
        deviates = spread * np.sqrt(variance / total)
        # Depths below the least become the least.
        deep = _normal(deviation + mean, total) * self._below.at((expected - least) / deviates)
        share = float(self._below.at(np.array([(least - mean) / spread]))[0])
        shallow = share * _normal(deviation + least, variance)
        return true, deep + shallow, np.maximum(expected, least)


def _normal(x: FloatArray, variance: FloatArray) -> FloatArray:
    """Return the density of a normal number of mean 0, times the root of 2 pi."""
    return exponential(-0.5 * x * x / variance) / np.sqrt(variance)
