"""The agent oracle of the task hs6: it knows the lines of every importer, not which one it is."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.edition.generating import Blueprint
from customs_data.world.setup import WorldSetup
from customs_data.world.simulate import prepare

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_OTHER_ROUTE: Final = 1e-4  # share of declarations of a line whose route is another one
_OTHER_SELLER: Final = 0.01  # probability of one certain other seller of the pool


def oracle_goods(blueprint: Blueprint, secret: bytes, asked: pd.DataFrame) -> npt.NDArray[np.str_]:
    """Return the goods that are most probable if all importers' lines are known, shape (n,).

    It reads what a model reads, and from the world's setup: lines, mass, sellers, unit price and
    cover of each importer, and the profile. A shell's declaration that fits none of its lines is
    cover, whose goods are drawn from the whole market.

    Parameters
    ----------
    blueprint : Blueprint
    secret : bytes
        Of the world that `asked` is from.
    asked : DataFrame, shape (n, n_columns)
        Declarations, without HS6 code.
    """
    simulation = prepare(blueprint.configuration, secret, **blueprint.world_arguments())
    setup, market = simulation.setup, simulation.setup.market
    importers, lines = setup.population.importers, setup.population.lines
    trade = setup.configuration.trade
    importer = _places(simulation.names.importer.to_pylist(), asked["Importer ID"])
    seller = _places(simulation.names.seller.to_pylist(), asked["Seller ID"])
    country = {code: number for number, code in enumerate(market.country_code)}
    departure, origin = (
        asked[name].map(country).fillna(-1).to_numpy(np.int64)
        for name in ("Country of Departure", "Country of Origin")
    )
    mass = np.log(asked["Net Mass"].to_numpy(np.float64))
    unit_price = np.log(asked["Item Price"].to_numpy(np.float64)) - mass

    n_lines = importers.n_lines[importer].astype(np.int64)
    row = np.repeat(np.arange(len(asked)), n_lines)
    number = np.arange(len(row)) - (np.cumsum(n_lines) - n_lines)[row]
    line = importers.first_line[importer][row] + number
    cell = lines.cell[line].astype(np.int64)
    # The line is floor(u * u * n) for an even u.
    chosen = np.sqrt((number + 1) / n_lines[row]) - np.sqrt(number / n_lines[row])
    score = np.log(chosen) + _log_normal(
        mass[row] - lines.log_mass[line], importers.mass_sd[importer][row]
    )
    offset = importers.price_offset[importer]
    score += _log_normal(
        unit_price[row] - market.price_mean[market.hs6[cell]] - offset[row], trade.price_sd
    )
    on_route = (market.departure[cell] == departure[row]) & (market.origin[cell] == origin[row])
    score += np.log(np.where(on_route, 1.0, _OTHER_ROUTE))
    own_seller = seller[row] == lines.seller[line]
    named = np.where(own_seller, trade.seller_habit, _OTHER_SELLER)
    score += np.where(seller[row] >= 0, np.log(named), 0.0)
    is_shell = importers.cluster[importer] >= 0
    cover = setup.population.clusters.drawn.cover_share
    score += np.log(np.where(is_shell[row], 1.0 - cover, 1.0))
    best, best_score = _best_of(row, score, market.hs6[cell], len(asked))
    shells = np.flatnonzero(is_shell)
    goods, cover_score = _cover(
        setup, departure[shells], origin[shells], mass[shells], unit_price[shells] - offset[shells]
    )
    cover_score += np.log(cover) + np.where(seller[shells] >= 0, np.log(_OTHER_SELLER), 0.0)
    is_cover = cover_score > best_score[shells]
    best[shells[is_cover]] = goods[is_cover]
    return market.hs6_code[best].astype(np.str_)


def _places(names: list[str], column: pd.Series[str]) -> Integers:
    """Return the number of each ID, -1 for an empty cell."""
    return np.asarray(pd.Index(names).get_indexer(pd.Index(column.fillna(""))), dtype=np.int64)


def _log_normal(away: Floats, sd: Floats | float) -> Floats:
    return np.asarray(-0.5 * np.square(away / sd) - np.log(sd))


def _best_of(row: Integers, score: Floats, goods: Integers, n: int) -> tuple[Integers, Floats]:
    """Return the goods with the highest score of each row, and the score; rows are not empty."""
    order = np.lexsort((score, row))
    last = np.append(np.flatnonzero(np.diff(row[order])), len(order) - 1)
    best, highest = np.zeros(n, dtype=np.int64), np.full(n, -np.inf)
    best[row[order[last]]] = goods[order[last]]
    highest[row[order[last]]] = score[order[last]]
    return best, highest


def _cover(
    setup: WorldSetup, departure: Integers, origin: Integers, mass: Floats, unit_price: Floats
) -> tuple[Integers, Floats]:
    """Return the best goods of the whole market on the route, and their scores."""
    market, trade = setup.market, setup.configuration.trade
    n_countries = len(market.country_code)
    route = market.departure * n_countries + market.origin
    order = np.argsort(route, kind="stable").astype(np.int64)
    asked = np.where((departure >= 0) & (origin >= 0), departure * n_countries + origin, -1)
    first = np.searchsorted(route[order], asked, side="left")
    size = np.searchsorted(route[order], asked, side="right") - first
    row = np.repeat(np.arange(len(asked)), size)
    place = np.arange(len(row)) - (np.cumsum(size) - size)[row]
    cell = order[first[row] + place]
    product = market.hs6[cell]
    spread = np.hypot(trade.line_mass_spread * market.mass_sd[product], trade.mass_sd)
    score = np.log(market.weight[cell] / market.weight.sum())
    score += _log_normal(mass[row] - market.mass_mean[product], spread)
    score += _log_normal(unit_price[row] - market.price_mean[product], trade.price_sd)
    if len(row) == 0:
        return np.zeros(len(asked), dtype=np.int64), np.full(len(asked), -np.inf)
    return _best_of(row, score, product, len(asked))
