"""Lines: goods that importers import again and again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from customs_data.world.agents.brokers import Sellers
from customs_data.world.agents.clusters import ClusterTable
from customs_data.world.agents.importers import Importers, join_parts
from customs_data.world.configuration import LINES_PER_IMPORTER, Trade
from customs_data.world.drawing.arithmetic import trimmed_quantile
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.market import Market

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Integers = NDArray[np.signedinteger[Any]]


@dataclass(frozen=True)
class Lines:
    """Goods that an importer imports again and again; arrays of shape (n_lines,).

    Attributes
    ----------
    cell : int32
        Product, route and tariff.
    seller : int32
        Usual seller.
    log_mass : float64
        Usual ln kg.
    cluster : int32
        Ring or decoy for which the line works; -1 for none.
    """

    cell: NDArray[np.int32]
    seller: NDArray[np.int32]
    log_mass: FloatArray
    cluster: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.cell)

    @classmethod
    def join(cls, parts: Iterable[Lines]) -> Lines:
        """Concatenate parts."""
        return cls(**join_parts(parts, cls))


def draw_ordinary_lines(
    trade: Trade,
    market: Market,
    sellers: Sellers,
    clusters: ClusterTable,
    streams: Streams,
    importers: Importers,
    span: tuple[int, int],
) -> Lines:
    """Draw the lines of the ordinary importers of a span.

    Some work for a cluster: a respectable firm that cheats in one line of trade, or the honest
    client of a ring's brokers and sellers.
    """
    start, stop = span
    owner, number = number_lines(importers, start, stop)
    firm = importers.firm[start + owner]
    first = int(importers.firm[start])
    cell = _draw_line_cells(trade, market, streams, first, stop, firm, number)
    row = (firm - first).astype(np.int64) * LINES_PER_IMPORTER + number
    u = streams.uniform("importer/recruit", first, stop, 3 * LINES_PER_IMPORTER)
    u = u.reshape(-1, 3).take(row, axis=0)
    recruited = np.flatnonzero(u[:, 0] < clusters.drawn.recruit_share)
    cluster = np.full(len(cell), -1, dtype=np.int64)
    cluster[recruited] = clusters.draw_by_rows(u[recruited, 1])
    cell[recruited] = clusters.draw_goods(cluster[recruited], u[recruited, 2])
    v = streams.uniform("importer/lines", first, stop, 2 * LINES_PER_IMPORTER)
    v = v.reshape(-1, 2).take(row, axis=0)
    return make_lines(
        trade,
        market,
        sellers,
        cell,
        cluster,
        importers.house[start + owner],
        importers.place[start + owner],
        v,
    )


def number_lines(importers: Importers, start: int, stop: int) -> tuple[IntArray, IntArray]:
    """Return owner (from `start`) and number within the owner of some importers' lines."""
    n_lines = importers.n_lines[start:stop].astype(np.int64)
    owner = np.repeat(np.arange(stop - start), n_lines)
    return owner, np.arange(len(owner)) - (np.cumsum(n_lines) - n_lines)[owner]


def make_lines(
    trade: Trade,
    market: Market,
    sellers: Sellers,
    cell: Integers,
    cluster: Integers,
    house: FloatArray,
    place: FloatArray,
    u: FloatArray,
) -> Lines:
    """Return lines with the usual seller and mass, from uniform numbers of shape (n_lines, 2)."""
    product = market.hs6[cell]
    spread = trade.line_mass_spread * market.mass_sd[product]
    return Lines(
        cell=cell.astype(np.int32),
        seller=sellers.draw(market.pool[cell], u[:, 0], house, place).astype(np.int32),
        log_mass=market.mass_mean[product]
        + spread * trimmed_quantile(u[:, 1], trade.line_mass_tail),
        cluster=cluster.astype(np.int32),
    )


def _draw_line_cells(
    trade: Trade,
    market: Market,
    streams: Streams,
    start: int,
    stop: int,
    firm: Integers,
    number: IntArray,
) -> IntArray:
    """Draw the goods of each line, mostly of the same chapter as the firm's first line."""
    u = streams.uniform("importer/goods", start, stop, 2 * LINES_PER_IMPORTER)
    first = market.draw_cell(u[:, 0])
    owner = firm - start
    cell = first[owner]
    chosen = u[owner, 2 * number + 1]
    further = number > 0
    stays = further & (u[owner, 2 * number] < trade.same_chapter_share)
    moves = further & ~stays
    cell[stays] = market.draw_in_chapter(market.chapter[first][owner[stays]], chosen[stays])
    cell[moves] = market.draw_cell(chosen[moves])
    return cell
