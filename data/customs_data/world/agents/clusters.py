"""Rings and decoys: groups of short-lived importers behind a few brokers and sellers.

A decoy has the structure of a ring and is honest: occasional clients of a forwarder, seasonal
traders, a group of companies behind one broker. Rings and decoys come in families (`families`)
and kinds (`kinds`). A declaration belongs to the cluster for which its line works: shells work for
a first and a second principal, and a few lines of ordinary firms work for a cluster, too.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from customs_data.parallel import spans
from customs_data.world.agents.brokers import Declarants, Sellers
from customs_data.world.agents.families import N_BROKERS, Kinship, draw_families, draw_members
from customs_data.world.agents.kinds import draw_style
from customs_data.world.configuration import Clusters as ClusterSettings
from customs_data.world.configuration import Configuration, Range
from customs_data.world.drawing.arithmetic import exponential, logistic, normal_quantile
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.drawing.weighted_draws import GroupedTable
from customs_data.world.effects import Effects
from customs_data.world.market import Market

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

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
        Expected declarations of its shells.
    is_late : bool
        Whether it starts late, with the late scheme.
    kinship : Kinship
        Brokers, country, chapters, office and filing template.
    n_declarants : int64
        Number of its brokers, 1 or 2.
    seller_link : float64
        Share of rows from the cluster's sellers, among goods from its country.
    seller_days : float64
        Days until the cluster changes its seller.
    first_epoch : int64
        Place of its first seller in `seller`.
    seller : int64, shape (n_epochs,)
        Seller of each epoch, cluster after cluster; sellers of its own come after all others.
    cell : int32, shape (n_clusters, n_lines)
        Goods.
    office_loyalty : float64
    price_offset, mass_sd : float64
        Ln unit price; spread of ln mass.
    shell_rows, shell_life, shell_lines : float64
        Means of the cluster's shells.
    log_odds : float64
        Log-odds of fraud in a ring; difference to ordinary declarations in a decoy.
    practice_rate : float64
        Share of a decoy's honest rows that look like its principal scheme. As many cheat in a
        ring, so that traces of a scheme do not reveal the kind of cluster.
    n_sellers : int
        Number of sellers of their own.
    drawn : Drawn
    """

    is_ring: BoolArray
    start: FloatArray
    end: FloatArray
    rows: FloatArray
    is_late: BoolArray
    kinship: Kinship
    n_declarants: IntArray
    seller_link: FloatArray
    seller_days: FloatArray
    first_epoch: IntArray
    seller: IntArray
    cell: NDArray[np.int32]
    office_loyalty: FloatArray
    price_offset: FloatArray
    mass_sd: FloatArray
    shell_rows: FloatArray
    shell_life: FloatArray
    shell_lines: FloatArray
    log_odds: FloatArray
    practice_rate: FloatArray
    n_sellers: int
    drawn: Drawn

    def __len__(self) -> int:
        return len(self.is_ring)

    def seller_at(self, cluster: IntArray, day: IntArray, u: FloatArray) -> IntArray:
        """Return the cluster's seller of a day: the current one or, by `u`, the next one."""
        epoch = np.floor(day / self.seller_days[cluster] + u)
        return self.seller[self.first_epoch[cluster] + epoch.astype(np.int64)]

    def is_active(self, cluster: IntArray, day: IntArray) -> BoolArray:
        """Return whether each cluster is active on a day, shape (n,); false for cluster -1."""
        active = np.zeros(len(cluster), dtype=np.bool_)
        members = np.flatnonzero(cluster >= 0)  # few
        cluster, day = cluster[members], day[members]
        active[members] = (self.start[cluster] <= day + 1.0) & (day <= self.end[cluster])
        return active

    def draw_goods(self, cluster: IntArray, u: FloatArray) -> IntArray:
        """Draw one of each cluster's goods, shape (n,); meaningless for cluster -1."""
        line = np.floor(u * self.cell.shape[1]).astype(np.int64)
        return np.asarray(self.cell[cluster, line], dtype=np.int64)

    @cached_property
    def _running_rows(self) -> FloatArray:
        return np.cumsum(self.rows)

    def draw_by_rows(self, u: FloatArray) -> IntArray:
        """Draw clusters by their number of declarations, shape of `u`."""
        running = self._running_rows
        place = np.searchsorted(running, u * running[-1], side="right")
        return np.asarray(np.minimum(place, len(self) - 1), dtype=np.int64)


@dataclass(frozen=True)
class Drawn:
    """What the secret draws for all clusters of a world, each within its setting's range.

    Attributes
    ----------
    ring_share, decoy_share : float
        Share of all declarations that shells of rings and of decoys file.
    ring_log_odds, ring_log_odds_sd : float
        Mean and sd between rings of the log-odds of fraud.
    ring_segment_weight : float
        Share of the segment's log-odds that also moves rings.
    cover_share : float
        Share of a shell's declarations with other goods and no links.
    declarant_link, seller_link : float
        Share of rows through the cluster's brokers, and from its sellers.
    recruit_share : float
        Share of ordinary importers' lines that work for a cluster.
    second_principal_share : float
        Share of a shell's lines that work for its second principal.
    """

    ring_share: float
    decoy_share: float
    ring_log_odds: float
    ring_log_odds_sd: float
    ring_segment_weight: float
    cover_share: float
    declarant_link: float
    seller_link: float
    recruit_share: float
    second_principal_share: float

    @classmethod
    def draw(cls, settings: ClusterSettings, streams: Streams) -> Drawn:
        """Draw each value uniformly from the range of its setting."""
        names = [field.name for field in fields(cls)]
        u = streams.uniform("cluster/constants", 0, len(names))[:, 0]
        ranges: list[Range] = [getattr(settings, name) for name in names]
        values = (low + (high - low) * v for (low, high), v in zip(ranges, u, strict=True))
        return cls(**{name: float(v) for name, v in zip(names, values, strict=True)})


def make_clusters(
    configuration: Configuration,
    market: Market,
    effects: Effects,
    declarants: Declarants,
    sellers: Sellers,
    n_declarations: int,
    n_days: int,
    streams: Streams,
    with_links: bool,
    with_decoys: bool,
) -> ClusterTable:
    """Draw the rings and, if asked for, the decoys."""
    settings, trade = configuration.clusters, configuration.trade
    drawn = Drawn.draw(settings, streams)
    n_rings = max(1, round(settings.rings_per_declaration * n_declarations))
    n_decoys = max(1, round(settings.decoys_per_declaration * n_declarations))
    n = n_rings + n_decoys
    is_ring = np.arange(n) < n_rings
    u = streams.uniform("cluster/traits", 0, n, 8)
    z = normal_quantile(u[:, :3])
    style = draw_style(settings, is_ring, streams)

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
    share = np.where(is_ring, drawn.ring_share, drawn.decoy_share)
    total = np.bincount(is_ring.astype(np.int64), weights=size, minlength=2)
    rows = n_declarations * share * size / total[is_ring.astype(np.int64)]

    n_families = max(1, round(n / settings.family_size))
    v = streams.uniform("cluster/family", 0, n)[:, 0]
    family = np.floor(v * n_families).astype(np.int64)
    families = draw_families(settings, market, declarants, n_families, streams)
    kinship = draw_members(settings, market, families, family, streams)
    n_brokers = np.clip(np.rint(settings.brokers + style["declarants"]), 1, N_BROKERS)
    seller_days = settings.seller_days * exponential(style["rotation"])
    epochs = np.floor(n_days / seller_days).astype(np.int64) + 2
    first_epoch = np.cumsum(epochs) - epochs
    seller, n_own = _draw_sellers(
        settings, sellers, kinship, family, seller_days, epochs, n_days, streams
    )
    linked = 1.0 if with_links else 0.0
    log_odds = drawn.ring_log_odds + drawn.ring_log_odds_sd * z[:, 1]
    clusters = ClusterTable(
        is_ring=is_ring,
        start=start,
        end=end,
        rows=rows,
        is_late=is_late,
        kinship=kinship,
        n_declarants=n_brokers.astype(np.int64),
        seller_link=linked * np.clip(drawn.seller_link + style["sellers"], 0.1, 0.95),
        seller_days=seller_days,
        first_epoch=first_epoch,
        seller=seller,
        cell=_draw_goods(settings, market, effects, kinship, streams),
        office_loyalty=np.clip(settings.office_loyalty + style["offices"], 0.0, 0.95),
        price_offset=style["price"],
        mass_sd=trade.mass_sd * exponential(style["regularity"]),
        shell_rows=settings.shell_declarations * exponential(style["pace"]),
        shell_life=settings.shell_mean_life * exponential(style["life"]),
        shell_lines=settings.shell_lines * exponential(style["variety"]),
        log_odds=np.where(is_ring, log_odds, settings.decoy_sd * z[:, 2]),
        practice_rate=np.where(is_ring, 0.0, logistic(log_odds)),
        n_sellers=n_own,
        drawn=drawn,
    )
    return clusters if with_decoys else _without_decoys(clusters, n_rings)


def _without_decoys(clusters: ClusterTable, n_rings: int) -> ClusterTable:
    """Return the rings alone, unchanged."""
    return ClusterTable(
        **{
            field.name: _first(getattr(clusters, field.name), n_rings)
            for field in fields(ClusterTable)
            if field.name != "seller"
        },
        seller=clusters.seller,
    )


def _first(value: Any, n: int) -> Any:
    """Return the first `n` clusters of a column."""
    if isinstance(value, Kinship):
        return Kinship(*(getattr(value, field.name)[:n] for field in fields(Kinship)))
    return value[:n] if isinstance(value, np.ndarray) else value


def _draw_sellers(
    settings: ClusterSettings,
    sellers: Sellers,
    kinship: Kinship,
    family: IntArray,
    seller_days: FloatArray,
    epochs: IntArray,
    n_days: int,
    streams: Streams,
) -> tuple[IntArray, int]:
    """Draw each epoch's seller: one of the cluster's own, the family's house, or another house.

    Returns the sellers, shape (n_epochs,), and the number of own ones.
    """
    n = int(epochs.sum())
    cluster = np.repeat(np.arange(len(epochs)), epochs)
    number = np.arange(n) - (np.cumsum(epochs) - epochs)[cluster]
    u = streams.uniform("cluster/seller", 0, n, 3)
    # A family changes its house at a pace of its own.
    per_family = int(n_days / settings.seller_days) + 3
    day = np.minimum((number + 0.5) * seller_days[cluster], float(n_days))
    family_epoch = np.floor(day / settings.seller_days).astype(np.int64)
    n_families = int(family.max()) + 1
    v = streams.uniform("family/seller", 0, n_families, per_family)[family[cluster], family_epoch]
    country = kinship.country[cluster]
    shares_house = u[:, 1] < settings.family_seller_share
    house = sellers.draw_house(country, np.where(shares_house, v, u[:, 2]))
    is_own = u[:, 0] < settings.own_seller_share
    own = len(sellers) + np.cumsum(is_own) - 1
    return np.where(is_own, own, house), int(is_own.sum())


def _draw_goods(
    settings: ClusterSettings,
    market: Market,
    effects: Effects,
    kinship: Kinship,
    streams: Streams,
) -> NDArray[np.int32]:
    """Draw goods, shape (n, lines): of the cluster's own route and chapters, or risky ones."""
    n = len(kinship.country)
    tempting = market.weight * exponential(settings.goods_tilt * effects.goods)
    tempting = np.where(market.rate > 0.0, tempting, settings.safe_goods_weight * tempting)
    table = GroupedTable.from_weights(np.zeros(market.n_cells, dtype=np.int64), tempting, 1)
    goods = np.empty((n, settings.lines), dtype=np.int32)
    for start, stop in spans(n, size=_CLUSTERS_AT_A_TIME):
        goods[start:stop] = _draw_goods_of(settings, market, table, kinship, start, stop, streams)
    return goods


def _draw_goods_of(
    settings: ClusterSettings,
    market: Market,
    tempting: GroupedTable,
    kinship: Kinship,
    start: int,
    stop: int,
    streams: Streams,
) -> IntArray:
    """Draw the goods lines of the clusters ``start .. stop - 1``."""
    n, lines = stop - start, settings.lines
    pick = streams.uniform("cluster/goods", start, stop, 3 * lines).reshape(n, lines, 3)
    choice = np.floor(pick[:, :, 0] * settings.chapters).astype(np.int64)
    chapter = np.take_along_axis(kinship.chapter[start:stop], choice, axis=1).reshape(-1)
    departure = np.repeat(kinship.country[start:stop], lines)
    on_route = market.draw_on_route(departure, chapter, pick[:, :, 1].reshape(-1))
    elsewhere = tempting.draw(np.zeros(n * lines, dtype=np.int64), pick[:, :, 1].reshape(-1))
    is_own = pick[:, :, 2].reshape(-1) < settings.own_goods_share
    return np.where(is_own, on_route, elsewhere).reshape(n, lines)
