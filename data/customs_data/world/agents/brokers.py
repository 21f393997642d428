"""Declarants (brokers) with their offices and volumes, and pools of sellers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customs_data.profile import Profile
from customs_data.world.configuration import Trade
from customs_data.world.drawing.arithmetic import exponential, logarithm
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.drawing.weighted_draws import GroupedTable
from customs_data.world.market import Market

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Declarants:
    """Brokers.

    Attributes
    ----------
    weight : float64 array, shape (n_declarants,)
        Declarations in the profile's units.
    volume : float64 array, shape (n_declarants,)
        Expected declarations in this world.
    office : int64 array, shape (n_declarants,)
        Customs office.
    """

    weight: FloatArray
    volume: FloatArray
    office: IntArray
    _all: GroupedTable
    _by_office: GroupedTable

    def __len__(self) -> int:
        return len(self.weight)

    def draw(self, u: FloatArray) -> IntArray:
        """Draw brokers by volume, shape (n,)."""
        return self._all.draw(np.zeros(len(u), dtype=np.int64), u)

    def draw_at(self, office: IntArray, u: FloatArray) -> IntArray:
        """Draw a broker of each office; any broker where the office has none."""
        local = self._by_office.draw(office, u)
        return np.where(local >= 0, local, self.draw(u))


def make_declarants(
    trade: Trade, profile: Profile, market: Market, n_declarations: int, streams: Streams
) -> Declarants:
    """Draw brokers with the profile's distribution of volumes.

    A world ten times as large has ten times as many brokers, not larger ones.
    """
    n = max(8, round(trade.declarants_per_declaration * n_declarations))
    u = streams.uniform("declarant/traits", 0, n, 12)
    # The profile of a source with very few brokers has no degrees: all brokers are alike then.
    degrees = np.array(profile.degrees["Declarant ID"] or ((40, 1),), dtype=np.float64)
    share = np.cumsum(degrees[:, 1])
    weight = degrees[np.searchsorted(share, u[:, 0] * share[-1], side="right"), 0]
    office = market.filing.draw(u[:, 1:10])["office"]
    volume = weight * (n_declarations / np.cumsum(weight)[-1])
    return Declarants(
        weight,
        volume,
        office,
        GroupedTable.from_weights(np.zeros(n, dtype=np.int64), weight, 1),
        GroupedTable.from_weights(office, weight, market.filing.size("office")),
    )


@dataclass(frozen=True)
class SellerPools:
    """Sellers by departure and chapter, numbered pool after pool.

    Attributes
    ----------
    start, size : int64 arrays, shape (n_pools,)
        First number and size of a pool.
    """

    start: IntArray
    size: IntArray

    @property
    def n_sellers(self) -> int:
        """Number of sellers in all pools."""
        return int(self.start[-1] + self.size[-1])

    def draw(self, pool: IntArray, u: FloatArray) -> IntArray:
        """Draw a seller of each pool; u squared makes the first ones frequent, the last rare."""
        return self.start[pool] + np.floor(u * u * self.size[pool]).astype(np.int64)


def make_seller_pools(
    trade: Trade, profile: Profile, market: Market, n_declarations: int
) -> SellerPools:
    """Give each pool factor * (expected declarations) ** .8 sellers."""
    n_pools = len(market.country_code) * market.n_chapters
    counted = np.bincount(market.pool, weights=market.weight, minlength=n_pools)
    expected = counted * (n_declarations / profile.n_declarations)
    grown = exponential(0.8 * logarithm(np.maximum(expected, 1e-6)))
    size = np.maximum(np.ceil(trade.sellers_factor * grown), 1.0).astype(np.int64)
    return SellerPools(np.cumsum(size) - size, size)
