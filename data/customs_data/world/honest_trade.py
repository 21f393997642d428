"""From agents to honest declarations, before anybody cheats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customs_data.parallel import spans
from customs_data.profile import Profile
from customs_data.world.agents.brokers import Declarants, Sellers
from customs_data.world.agents.clusters import ClusterTable
from customs_data.world.agents.importers import Importers
from customs_data.world.agents.lines import Lines
from customs_data.world.agents.roster import Roster
from customs_data.world.configuration import Configuration
from customs_data.world.draft import Draft
from customs_data.world.drawing.arithmetic import normal_quantile, trimmed_quantile
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.drawing.weighted_draws import draw_weighted
from customs_data.world.market import HABITS, Market

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Population:
    """All agents of a world.

    Attributes
    ----------
    importers, lines : Importers, Lines
        Ordinary importers first, then shells.
    declarants, sellers, clusters, roster
    house_broker : int32 array, shape (n_houses,)
        Broker that each trading house recommends.
    courier_weight : float64 array, shape (n_couriers,)
    declarant_log_odds, seller_log_odds : float64 arrays
        Personal log-odds of fraud, shapes (n_declarants,) and (n_sellers,).
    """

    importers: Importers
    lines: Lines
    declarants: Declarants
    sellers: Sellers
    clusters: ClusterTable
    roster: Roster
    house_broker: NDArray[np.int32]
    courier_weight: FloatArray
    declarant_log_odds: FloatArray
    seller_log_odds: FloatArray


def weigh_couriers(profile: Profile) -> FloatArray:
    """Return the parcels of each courier in the source; without couriers there is one."""
    return np.array(profile.courier_counts or (1,), dtype=np.float64)


def compose(
    configuration: Configuration,
    market: Market,
    population: Population,
    day: IntArray,
    importer: NDArray[np.int32],
    start: int,
    streams: Streams,
) -> Draft:
    """Compose the declarations ``start .. start + len(day) - 1``.

    Parameters
    ----------
    day : int64 array, shape (n,)
        Days of these declarations.
    importer : int32 array, shape (n,)
        Importers of these declarations (see `draw_importers`).

    Returns
    -------
    Draft
    """
    trade, clusters = configuration.trade, population.clusters
    importers, lines = population.importers, population.lines
    stop = start + len(day)

    # Squared, so that the first line is the main business and the last one is rare.
    u = streams.uniform("row/importer", start, stop, 3)[:, 2]
    spot = np.floor(u * u * importers.n_lines[importer]).astype(np.int64)
    line = importers.first_line[importer] + spot

    goods = streams.uniform("row/goods", start, stop, 8)
    member = importers.cluster[importer]
    is_cover = (member >= 0) & (goods[:, 0] < clusters.drawn.cover_share)
    cover = np.flatnonzero(is_cover)
    cell = lines.cell[line].astype(np.int64)
    cell[cover] = market.draw_cell(goods[cover, 1])
    product = market.hs6[cell]
    z_mass, z_price = normal_quantile(goods[:, 2]), normal_quantile(goods[:, 3])
    other = trade.line_mass_spread * trimmed_quantile(goods[cover, 4], trade.line_mass_tail)
    usual = lines.log_mass[line]
    usual[cover] = market.mass_mean[product[cover]] + market.mass_sd[product[cover]] * other
    log_mass = usual + importers.mass_sd[importer] * z_mass
    deviation = importers.price_offset[importer] + trade.price_sd * z_price

    principal = lines.cluster[line]
    active = ~is_cover & clusters.is_active(principal, day)
    cluster = np.where(active, principal, -1).astype(np.int32)
    filing = _fill_in(configuration, market, population, importer, start, streams)
    by_courier = np.flatnonzero(filing["courier_given"] == 1)
    declarant, seller, courier = _name_partners(
        configuration,
        market,
        population,
        importer,
        line,
        cell,
        cluster,
        day,
        by_courier,
        start,
        streams,
    )
    return Draft(
        start=start,
        day=day,
        importer=importer,
        declarant=declarant,
        seller=np.where(filing["seller_given"] == 1, seller, -1),
        courier=courier,
        filing=filing,
        cell=cell,
        hs6=product.copy(),
        departure=market.departure[cell],
        origin=market.origin[cell],
        tax_type=market.tax_type[cell],
        rate=market.rate[cell],
        log_mass=log_mass,
        log_price=log_mass + market.price_mean[product] + deviation,
        cluster=cluster,
    )


def draw_importers(
    population: Population, day: IntArray, start: int, streams: Streams
) -> NDArray[np.int32]:
    """Draw the importers of ``start .. start + len(day) - 1``, given their days; shape (n,)."""
    u = np.empty((2, len(day)))
    for first, last in spans(len(day)):
        drawn = streams.uniform("row/importer", start + first, start + last, 2)
        u[:, first:last] = drawn.T
    return population.roster.draw(day, u[0], u[1])


def _fill_in(
    configuration: Configuration,
    market: Market,
    population: Population,
    importer: NDArray[np.int32],
    start: int,
    streams: Streams,
) -> dict[str, IntArray]:
    """Draw the filing codes: the importer's usual ones, or by their frequency."""
    trade, table = configuration.trade, market.filing
    stop = start + len(importer)
    u = streams.uniform("row/filing", start, stop, 9)
    keep = streams.uniform("row/habit", start, stop, len(HABITS) + 2)
    habit = population.importers.habit.take(importer, axis=0)  # faster than an index
    codes: dict[str, IntArray] = {}
    for column, name in enumerate(
        ("mode", "import_type", "courier_given", "payment", "office", "import_use", "process",
         "indicator", "seller_given")
    ):  # fmt: skip
        drawn = table.draw_field(name, codes, u[:, column])
        if name in HABITS:
            place = HABITS.index(name)
            share = trade.mode_habit if name == "mode" else trade.habit
            drawn = np.where(keep[:, place] < share, habit[:, place], drawn)
        codes[name] = drawn
    return codes


def _name_partners(
    configuration: Configuration,
    market: Market,
    population: Population,
    importer: NDArray[np.int32],
    line: IntArray,
    cell: IntArray,
    cluster: NDArray[np.int32],
    day: IntArray,
    by_courier: IntArray,
    start: int,
    streams: Streams,
) -> tuple[NDArray[np.int32], IntArray, IntArray]:
    """Draw declarant, seller and, for the rows `by_courier`, courier of each declaration."""
    trade, clusters, sellers = configuration.trade, population.clusters, population.sellers
    u = streams.uniform("row/partners", start, start + len(importer), 12)
    choice = draw_weighted(np.array(trade.declarant_shares), u[:, 0])
    declarant = population.importers.declarant[importer, choice]
    keeps = (u[:, 1] < trade.seller_habit) & (
        market.pool[cell] == market.pool[population.lines.cell[line]]
    )
    agents = population.importers
    seller = population.lines.seller[line].astype(np.int64)
    others = np.flatnonzero(~keeps)
    agent = importer[others]
    seller[others] = sellers.draw(
        market.pool[cell[others]], u[others, 2], agents.house[agent], agents.place[agent]
    )
    linked = np.flatnonzero(cluster >= 0)
    own = cluster[linked].astype(np.int64)
    from_home = market.departure[cell[linked]] == clusters.kinship.country[own]
    seller[linked] = np.where(
        from_home & (u[linked, 5] < clusters.seller_link[own]),
        clusters.seller_at(own, day[linked], u[linked, 6]),
        seller[linked],
    )
    broker = np.floor(u[linked, 3] * clusters.n_declarants[own]).astype(np.int64)
    declarant[linked] = np.where(
        u[linked, 4] < clusters.drawn.declarant_link,
        clusters.kinship.declarant[own, broker],
        declarant[linked],
    )
    house = seller - sellers.first_house
    at_house = (cluster < 0) & (house >= 0) & (house < len(population.house_broker))
    follows = np.flatnonzero(at_house & (u[:, 9] < trade.house_broker_share))
    declarant[follows] = population.house_broker[house[follows]]
    usual = population.importers.courier[importer[by_courier]]
    drawn = np.where(u[by_courier, 8] < trade.courier_habit, usual, u[by_courier, 7])
    courier = np.full(len(importer), -1, dtype=np.int64)
    courier[by_courier] = draw_weighted(population.courier_weight, drawn)
    return declarant, seller, courier
