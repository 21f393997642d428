"""Declarants (brokers) with their offices, volumes and specialties, and the sellers.

Most sellers supply goods of one chapter from one country (a pool). Trading houses supply goods of
any chapter from their country, and recommend a broker. Without them a seller of several chapters
would belong to a ring or decoy for certain.

Traders who know each other recommend brokers and sellers to each other. So every importer has a
place on a circle of acquaintance. The branches of the brokers share it among them, and so do the
sellers of each pool. Most importers choose brokers and sellers near their own place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customs_data.profile import Profile
from customs_data.world.configuration import Trade
from customs_data.world.drawing.arithmetic import exponential, logarithm, normal_quantile
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.drawing.weighted_draws import GroupedTable
from customs_data.world.market import Market

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_FEWEST_OPEN = 4
_GOLDEN = 0.6180339887498949
_BELOW_ONE = 1.0 - 2.0**-53


@dataclass(frozen=True)
class _Branches:
    """Branches of brokers, in the order in which they share the circle among them.

    Attributes
    ----------
    declarant : int64 array, shape (n_branches,)
        Broker of each branch.
    end : float64 array, shape (n_branches,)
        Place where its part of the circle ends; the parts are as long as their volumes.
    """

    declarant: IntArray
    end: FloatArray

    @classmethod
    def draw(cls, volume: FloatArray, branch_volume: float, streams: Streams) -> _Branches:
        """Give brokers as many branches as their volume needs, each at a place of its own."""
        n_branches = np.maximum(np.ceil(volume / branch_volume), 1.0).astype(np.int64)
        declarant = np.repeat(np.arange(len(volume)), n_branches)
        place = streams.uniform("declarant/branches", 0, len(declarant))[:, 0]
        declarant = declarant[np.argsort(place, kind="stable")]
        end = np.cumsum((volume / n_branches)[declarant])
        return cls(declarant, end / end[-1])


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
    section : int64 array, shape (n_declarants,)
        Section of the tariff that the broker specialises in.
    """

    weight: FloatArray
    volume: FloatArray
    office: IntArray
    section: IntArray
    _branches: _Branches
    _all: GroupedTable
    _by_office: GroupedTable
    _by_section: GroupedTable

    def __len__(self) -> int:
        return len(self.weight)

    def draw(self, u: FloatArray) -> IntArray:
        """Draw brokers by volume, shape (n,)."""
        return self._all.draw(np.zeros(len(u), dtype=np.int64), u)

    def draw_at(self, office: IntArray, u: FloatArray) -> IntArray:
        """Draw a broker of each office; any broker where the office has none."""
        local = self._by_office.draw(office, u)
        return np.where(local >= 0, local, self.draw(u))

    def draw_near(self, place: FloatArray, shift: FloatArray) -> IntArray:
        """Return the brokers that are some way along the circle from places.

        Parameters
        ----------
        place, shift : float64 arrays, shape (n,)
            In turns of the circle.
        """
        branches = self._branches
        # The last branch takes what rounding leaves over.
        spot = np.searchsorted(branches.end[:-1], (place + shift) % 1.0, side="right")
        return branches.declarant[spot]

    def draw_for(self, section: IntArray, u: FloatArray) -> IntArray:
        """Draw a specialist of each section; any broker where the section has none."""
        specialist = self._by_section.draw(section, u)
        return np.where(specialist >= 0, specialist, self.draw(u))

    def open_to_clusters(self, volume: tuple[float, float]) -> IntArray:
        """Return brokers of middling volume: small ones would show a ring, large ones hide it."""
        low, high = volume
        middling = np.flatnonzero((self.volume >= low) & (self.volume <= high))
        if len(middling) < _FEWEST_OPEN:  # a tiny world, or a profile of tiny brokers
            n = max(_FEWEST_OPEN, len(self) // 5)
            middling = np.argsort(-self.volume, kind="stable")[:n]
        return middling.astype(np.int64)


def make_declarants(
    trade: Trade, profile: Profile, market: Market, n_declarations: int, streams: Streams
) -> Declarants:
    """Draw brokers with the profile's distribution of volumes.

    A world ten times as large has ten times as many brokers, not larger ones.
    """
    n = max(8, round(trade.declarants_per_declaration * n_declarations))
    u = streams.uniform("declarant/traits", 0, n, 11)
    # The profile of a source with very few brokers has no degrees: all brokers are alike then.
    degrees = np.array(profile.degrees["Declarant ID"] or ((40, 1),), dtype=np.float64)
    share = np.cumsum(degrees[:, 1])
    weight = degrees[np.searchsorted(share, u[:, 0] * share[-1], side="right"), 0]
    office = market.filing.draw(u[:, 1:10])["office"]
    section = market.section[market.draw_cell(u[:, 10])]
    volume = weight * (n_declarations / np.cumsum(weight)[-1])
    return Declarants(
        weight,
        volume,
        office,
        section,
        _Branches.draw(volume, trade.branch_declarations, streams),
        GroupedTable.from_weights(np.zeros(n, dtype=np.int64), weight, 1),
        GroupedTable.from_weights(office, weight, market.filing.size("office")),
        GroupedTable.from_weights(section, weight, market.n_sections),
    )


@dataclass(frozen=True)
class Sellers:
    """Sellers by departure and chapter, pool after pool, then trading houses by departure.

    Attributes
    ----------
    start, size : int64 arrays, shape (n_pools,)
        First number and size of a pool.
    house_start, house_size : int64 arrays, shape (n_countries,)
        First number and size of a country's trading houses.
    house_share : float
        Share of draws that take a trading house.
    main_house_share : float
        Share of these that take the importer's main house of the country.
    near_share : float
        Share of the other draws that take a seller near the importer's place.
    near_width : float
        How near: sd of the way between their places, in turns of the circle.
    n_chapters : int
    """

    start: IntArray
    size: IntArray
    house_start: IntArray
    house_size: IntArray
    house_share: float
    main_house_share: float
    near_share: float
    near_width: float
    n_chapters: int

    def __len__(self) -> int:
        return int(self.house_start[-1] + self.house_size[-1])

    @property
    def first_house(self) -> int:
        """Number of the first trading house."""
        return int(self.house_start[0])

    def draw(self, pool: IntArray, u: FloatArray, main: FloatArray, place: FloatArray) -> IntArray:
        """Draw a seller of each pool, or a trading house of its country, shape (n,).

        Parameters
        ----------
        pool : int64 array, shape (n,)
        u : float64 array, shape (n,)
            Uniform numbers. One of them decides everything, so that draws need little memory.
        main : float64 array, shape (n,)
            The importer's number in (0, 1), which selects its main house of each country.
        place : float64 array, shape (n,)
            The importer's place on the circle.
        """
        in_pool, v = _split(u, self.house_share)
        seller = np.empty(len(u), dtype=np.int64)
        rows = np.flatnonzero(in_pool)
        seller[rows] = self._draw_in_pool(pool[rows], v[rows], place[rows])
        rows = np.flatnonzero(~in_pool)
        seller[rows] = self._draw_house_of(pool[rows] // self.n_chapters, v[rows], main[rows])
        return seller

    def _draw_in_pool(self, pool: IntArray, u: FloatArray, place: FloatArray) -> IntArray:
        """Draw sellers of pools: near the places, or the first ones often and the last rarely."""
        is_far, v = _split(u, self.near_share)
        number = v * v
        near = np.flatnonzero(~is_far)
        shift = self.near_width * normal_quantile(v[near])
        number[near] = (place[near] + shift) % 1.0
        spot = np.floor(number * self.size[pool]).astype(np.int64)
        return self.start[pool] + np.minimum(spot, self.size[pool] - 1)

    def _draw_house_of(self, country: IntArray, u: FloatArray, main: FloatArray) -> IntArray:
        """Draw trading houses of countries: the importers' main ones, or any."""
        is_other, v = _split(u, self.main_house_share)
        w = np.where(is_other, v, (main + _GOLDEN * country) % 1.0)
        number = np.floor(w * w * self.house_size[country]).astype(np.int64)
        return self.house_start[country] + number

    def draw_house(self, country: IntArray, u: FloatArray) -> IntArray:
        """Draw a trading house of each country, all alike, shape (n,)."""
        number = np.floor(u * self.house_size[country]).astype(np.int64)
        return self.house_start[country] + number


def make_sellers(trade: Trade, profile: Profile, market: Market, n_declarations: int) -> Sellers:
    """Give each pool and country factor * (expected declarations) ** .8 sellers or houses."""
    n_countries = len(market.country_code)
    n_pools = n_countries * market.n_chapters
    scale = n_declarations / profile.n_declarations
    size = _count_sellers(trade.sellers_factor, market.pool, market.weight * scale, n_pools)
    houses = _count_sellers(
        trade.houses_factor, market.departure, market.weight * scale, n_countries
    )
    n_ordinary = int(size.sum())
    return Sellers(
        start=np.cumsum(size) - size,
        size=size,
        house_start=n_ordinary + np.cumsum(houses) - houses,
        house_size=houses,
        house_share=trade.house_share,
        main_house_share=trade.main_house_share,
        near_share=trade.seller_near_share,
        near_width=trade.near_declarations / n_declarations,
        n_chapters=market.n_chapters,
    )


def _split(u: FloatArray, share: float) -> tuple[BoolArray, FloatArray]:
    """Use uniform numbers twice: return whether each is at least `share`, and a new number."""
    above = u >= share
    below = np.minimum(u / (share or 1.0), _BELOW_ONE)
    return above, np.where(above, (u - share) / ((1.0 - share) or 1.0), below)


def _count_sellers(factor: float, group: IntArray, weight: FloatArray, n: int) -> IntArray:
    """Return the number of sellers of each of `n` groups of cells, at least 1."""
    expected = np.asarray(np.bincount(group, weights=weight, minlength=n), dtype=np.float64)
    grown = factor * exponential(0.8 * logarithm(np.maximum(expected, 1e-6)))
    return np.maximum(np.ceil(grown), 1.0).astype(np.int64)


def recommend_brokers(
    trade: Trade,
    sellers: Sellers,
    declarants: Declarants,
    open_volume: tuple[float, float],
    streams: Streams,
) -> NDArray[np.int32]:
    """Draw the broker that each trading house recommends, shape (n_houses,)."""
    n = len(sellers) - sellers.first_house
    u = streams.uniform("house/broker", 0, n, 2)
    middling = declarants.open_to_clusters(open_volume)
    open_one = middling[np.floor(u[:, 1] * len(middling)).astype(np.int64)]
    drawn = np.where(u[:, 0] < trade.open_house_share, open_one, declarants.draw(u[:, 1]))
    return drawn.astype(np.int32)
