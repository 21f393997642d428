"""Rings and decoys: clusters of short-lived importers behind a few brokers and sellers.

A decoy has the structure of a ring and is honest: occasional clients of a forwarder, seasonal
traders, a group of companies behind one broker. Each cluster has a *style*: how long its shells
live, how often it changes sellers, how regular its parcels are. Rings and decoys differ along one
direction of style, which the secret draws for each world.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from customs_data.parallel import spans
from customs_data.world.agents.brokers import Declarants
from customs_data.world.agents.importers import HABITS
from customs_data.world.configuration import Clusters as ClusterSettings
from customs_data.world.configuration import Configuration
from customs_data.world.drawing.arithmetic import exponential, logistic, normal_quantile
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.drawing.weighted_draws import GroupedTable
from customs_data.world.effects import STYLE_TRAITS, Effects
from customs_data.world.market import Market

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

MOST_BROKERS = 4
_CLUSTERS_AT_A_TIME = 256


@dataclass(frozen=True)
class ClusterTable:
    """Rings first, then decoys; arrays of shape (n_clusters,) unless noted.

    Attributes
    ----------
    is_ring : bool
    start, end : float64
        First and last day.
    rows : float64
        Expected declarations.
    is_late : bool
        Whether it starts late, with the late scheme.
    declarant : int64, shape (n_clusters, 4)
        Brokers: accomplices of a ring, favourites of a decoy.
    n_declarants : int64
    declarant_link, seller_link : float64
        Share of rows through these brokers, and from the cluster's own sellers.
    first_seller : int64
        First of its own sellers.
    seller_days : float64
        Days a seller ID lasts.
    office, habit : int64, shape (n_clusters,) and (n_clusters, 6)
        Office and filing template.
    office_loyalty : float64
    cell : int32, shape (n_clusters, n_lines)
        Goods.
    price_offset, mass_sd : float64
        Ln unit price; spread of ln mass.
    shell_rows, shell_life, shell_lines : float64
        Means of the cluster's shells.
    log_odds : float64
        Log-odds of fraud in a ring; difference to ordinary declarations in a decoy.
    practice_rate : float64
        Share of a decoy's honest rows that look like its principal scheme. As many cheat in a
        ring, so that traces of a scheme do not reveal the kind of cluster.
    """

    is_ring: BoolArray
    start: FloatArray
    end: FloatArray
    rows: FloatArray
    is_late: BoolArray
    declarant: IntArray
    n_declarants: IntArray
    declarant_link: FloatArray
    seller_link: FloatArray
    first_seller: IntArray
    seller_days: FloatArray
    office: IntArray
    habit: IntArray
    office_loyalty: FloatArray
    cell: NDArray[np.int32]
    price_offset: FloatArray
    mass_sd: FloatArray
    shell_rows: FloatArray
    shell_life: FloatArray
    shell_lines: FloatArray
    log_odds: FloatArray
    practice_rate: FloatArray
    n_sellers: int

    def __len__(self) -> int:
        return len(self.is_ring)

    def seller_at(self, cluster: IntArray, day: IntArray, u: FloatArray) -> IntArray:
        """Return the cluster's seller of a day: the current ID or, by `u`, the next one."""
        epoch = np.floor(day / self.seller_days[cluster] + u)
        return self.first_seller[cluster] + epoch.astype(np.int64)


def make_clusters(
    configuration: Configuration,
    market: Market,
    effects: Effects,
    declarants: Declarants,
    n_declarations: int,
    n_days: int,
    streams: Streams,
    with_links: bool,
    with_decoys: bool,
) -> ClusterTable:
    """Draw the rings and, if asked for, the decoys."""
    settings, trade = configuration.clusters, configuration.trade
    n_rings = max(1, round(settings.rings_per_declaration * n_declarations))
    n_decoys = max(1, round(settings.decoys_per_declaration * n_declarations))
    n = n_rings + n_decoys
    is_ring = np.arange(n) < n_rings
    u = streams.uniform("cluster/traits", 0, n, 32)
    z = normal_quantile(u[:, :3])
    style = _draw_style(settings, effects, is_ring, streams)

    is_late = u[:, 3] < settings.late_share
    start = np.where(
        u[:, 4] < settings.from_start_share, 0.0, settings.latest_start * n_days * u[:, 5]
    )
    low, high = settings.late_days
    start = np.where(is_late, low + (high - low) * u[:, 5], start)
    stays = (u[:, 6] < settings.to_end_share) | is_late
    least = settings.shortest_stay
    left = start + (n_days - start) * (least + (1.0 - least) * u[:, 7])
    end = np.where(stays, float(n_days), left)

    size = exponential(settings.size_sd * z[:, 0]) * (end - start)
    share = np.where(is_ring, settings.ring_share, settings.decoy_share)
    total = np.bincount(is_ring.astype(np.int64), weights=size, minlength=2)
    rows = n_declarations * share * size / total[is_ring.astype(np.int64)]

    brokers = _draw_brokers(settings, declarants, u[:, 8 : 8 + MOST_BROKERS])
    n_brokers = np.clip(np.rint(settings.brokers + style["declarants"]), 1, MOST_BROKERS).astype(
        np.int64
    )
    habit = market.filing.draw(u[:, 12:21])
    seller_days = settings.seller_days * exponential(style["rotation"])
    epochs = np.floor(n_days / seller_days).astype(np.int64) + 2
    linked = 1.0 if with_links else 0.0
    clusters = ClusterTable(
        is_ring=is_ring,
        start=start,
        end=end,
        rows=rows,
        is_late=is_late,
        declarant=brokers,
        n_declarants=n_brokers,
        declarant_link=np.full(n, linked * settings.declarant_link),
        seller_link=linked * np.clip(settings.seller_link + style["sellers"], 0.1, 0.95),
        first_seller=np.cumsum(epochs) - epochs,
        seller_days=seller_days,
        office=declarants.office[brokers[:, 0]],
        habit=np.stack([habit[name] for name in HABITS], axis=1),
        office_loyalty=np.clip(settings.office_loyalty + style["offices"], 0.0, 0.95),
        cell=_draw_goods(settings, market, effects, n, streams),
        price_offset=style["price"],
        mass_sd=trade.mass_sd * exponential(style["regularity"]),
        shell_rows=settings.shell_declarations * exponential(style["pace"]),
        shell_life=settings.shell_mean_life * exponential(style["life"]),
        shell_lines=settings.shell_lines * exponential(style["variety"]),
        log_odds=np.where(
            is_ring,
            settings.ring_log_odds + settings.ring_log_odds_sd * z[:, 1],
            settings.decoy_sd * z[:, 2],
        ),
        practice_rate=np.where(
            is_ring, 0.0, logistic(settings.ring_log_odds + settings.ring_log_odds_sd * z[:, 1])
        ),
        n_sellers=int(np.cumsum(epochs)[-1]),
    )
    return clusters if with_decoys else _without_decoys(clusters, n_rings)


def _without_decoys(clusters: ClusterTable, n_rings: int) -> ClusterTable:
    """Return the rings alone, unchanged."""
    columns: dict[str, Any] = {}
    for field in fields(ClusterTable):
        value = getattr(clusters, field.name)
        columns[field.name] = value[:n_rings] if isinstance(value, np.ndarray) else value
    return ClusterTable(**columns)


def _draw_style(
    settings: ClusterSettings, effects: Effects, is_ring: BoolArray, streams: Streams
) -> dict[str, FloatArray]:
    """Draw the traits in their units; rings and decoys differ along one direction only."""
    z = streams.normal("cluster/style", 0, len(is_ring), len(STYLE_TRAITS))
    side = np.where(is_ring, 0.5, -0.5) * settings.style_gap
    return {
        name: settings.style_sizes[name] * (z[:, i] + side * effects.style_direction[i])
        for i, name in enumerate(STYLE_TRAITS)
    }


def _draw_brokers(settings: ClusterSettings, declarants: Declarants, u: FloatArray) -> IntArray:
    """Draw brokers of middling volume: small ones would show the ring, large ones hide it."""
    low, high = settings.declarant_volume
    middling = np.flatnonzero((declarants.volume >= low) & (declarants.volume <= high))
    if len(middling) < MOST_BROKERS:  # a tiny world, or a profile of tiny brokers
        middling = np.argsort(-declarants.volume, kind="stable")[: max(4, len(declarants) // 5)]
    return np.asarray(middling[np.floor(u * len(middling)).astype(np.int64)], dtype=np.int64)


def _draw_goods(
    settings: ClusterSettings, market: Market, effects: Effects, n: int, streams: Streams
) -> NDArray[np.int32]:
    """Draw goods, shape (n, lines): of the cluster's own route and chapters, or risky ones."""
    tempting = market.weight * exponential(settings.goods_tilt * effects.goods)
    tempting = np.where(market.rate > 0.0, tempting, settings.safe_goods_weight * tempting)
    table = GroupedTable.from_weights(np.zeros(market.n_cells, dtype=np.int64), tempting, 1)
    goods = np.empty((n, settings.lines), dtype=np.int32)
    for start, stop in spans(n, size=_CLUSTERS_AT_A_TIME):
        goods[start:stop] = _draw_goods_of(settings, market, table, start, stop, streams)
    return goods


def _draw_goods_of(
    settings: ClusterSettings,
    market: Market,
    tempting: GroupedTable,
    start: int,
    stop: int,
    streams: Streams,
) -> IntArray:
    """Draw the goods lines of the clusters ``start .. stop - 1``."""
    n, lines, chapters = stop - start, settings.lines, settings.chapters
    u = streams.uniform("cluster/goods", start, stop, 1 + chapters + 3 * lines)
    home = market.draw_cell(u[:, 0])
    own = market.chapter[market.draw_cell(u[:, 1 : 1 + chapters].reshape(-1))]
    own = own.reshape(n, chapters)
    own[:, 0] = market.chapter[home]
    pick = u[:, 1 + chapters :].reshape(n, lines, 3)
    choice = np.floor(pick[:, :, 0] * chapters).astype(np.int64)
    chapter = np.take_along_axis(own, choice, axis=1).reshape(-1)
    departure = np.repeat(market.departure[home], lines)
    on_route = market.draw_on_route(departure, chapter, pick[:, :, 1].reshape(-1))
    elsewhere = tempting.draw(np.zeros(n * lines, dtype=np.int64), pick[:, :, 1].reshape(-1))
    is_own = pick[:, :, 2].reshape(-1) < settings.own_goods_share
    return np.where(is_own, on_route, elsewhere).reshape(n, lines)
