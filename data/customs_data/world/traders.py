"""Importers and their lines: the persistent agents behind the declarations."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from customs_data.world.arithmetic import (
    exponential,
    logarithm,
    normal_quantile,
    trimmed_quantile,
)
from customs_data.world.brokers import Declarants, SellerPools
from customs_data.world.configuration import Configuration, Trade
from customs_data.world.market import Market
from customs_data.world.streams import Streams
from customs_data.world.tables import GroupedTable

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

HABITS = ("mode", "import_type", "import_use", "payment", "office", "indicator")
_WEEKS_KEPT = 8  # declarations come month by month, and a national roster is large
_LINES_A_TRADER = 8  # random numbers set aside for lines, so that a trader's never shift


@dataclass(frozen=True)
class Importers:
    """Importer IDs, honest traders and shells alike; arrays of shape (n_importers,) unless said.

    Attributes
    ----------
    weight : float64
        Activity while alive.
    birth, death : float64
        First and last day of activity.
    first_line, n_lines : int64
        Where the importer's lines stand in `Lines`.
    declarant : int64, shape (n_importers, 3)
        Brokers in order of preference.
    habit : int64, shape (n_importers, 6)
        Usual codes of `HABITS`.
    courier : float64
        A number in (0, 1): whose parcels service they like.
    price_offset : float64
        Personal ln unit price.
    mass_sd : float64
        Spread of ln mass within a line.
    log_odds : float64
        Personal log-odds of fraud.
    cluster : int64
        Ring or decoy, -1 for everybody else.
    """

    weight: FloatArray
    birth: FloatArray
    death: FloatArray
    first_line: IntArray
    n_lines: IntArray
    declarant: IntArray
    habit: IntArray
    courier: FloatArray
    price_offset: FloatArray
    mass_sd: FloatArray
    log_odds: FloatArray
    cluster: IntArray

    def __len__(self) -> int:
        return len(self.weight)

    def followed_by(self, other: Importers, n_lines: int) -> Importers:
        """Both sets, the other's lines standing after `n_lines` own ones."""
        columns = {
            field.name: np.concatenate([getattr(self, field.name), getattr(other, field.name)])
            for field in fields(Importers)
        }
        columns["first_line"][len(self) :] += n_lines
        return Importers(**columns)


@dataclass(frozen=True)
class Lines:
    """What an importer brings in again and again; arrays of shape (n_lines,).

    Attributes
    ----------
    cell : int64
        Product, route and tariff.
    seller : int64
        Usual seller.
    log_mass : float64
        Usual ln kg.
    """

    cell: IntArray
    seller: IntArray
    log_mass: FloatArray

    def __len__(self) -> int:
        return len(self.cell)

    def followed_by(self, other: Lines) -> Lines:
        """Both sets, one after the other."""
        return Lines(
            np.concatenate([self.cell, other.cell]),
            np.concatenate([self.seller, other.seller]),
            np.concatenate([self.log_mass, other.log_mass]),
        )


def make_traders(
    configuration: Configuration,
    market: Market,
    declarants: Declarants,
    pools: SellerPools,
    n_declarations: int,
    n_days: int,
    streams: Streams,
) -> tuple[Importers, Lines]:
    """Draw the ordinary importers and their lines."""
    trade, risk = configuration.trade, configuration.risk
    n = max(20, round(trade.importers_per_declaration * n_declarations))
    u = streams.uniform("importer/traits", 0, n, 28)
    z = normal_quantile(u[:, :3])
    birth, death = _draw_life(trade, u[:, 3:6], n_days)
    n_lines = 1 + np.minimum(
        _poisson_quantile(trade.extra_lines_mean, u[:, 6]), trade.most_extra_lines
    )
    habit = market.filing.draw(u[:, 7:16])
    office = habit["office"]
    main = np.where(
        u[:, 16] < trade.same_office_share,
        declarants.draw_at(office, u[:, 17]),
        declarants.draw(u[:, 17]),
    )
    second, third = declarants.draw(u[:, 18]), declarants.draw(u[:, 19])
    repeats = u[:, 20] < risk.repeat_share
    importers = Importers(
        weight=exponential(trade.activity_sd * z[:, 0]),
        birth=birth,
        death=death,
        first_line=np.cumsum(n_lines) - n_lines,
        n_lines=n_lines,
        declarant=np.stack([main, second, third], axis=1),
        habit=np.stack([habit[name] for name in HABITS], axis=1),
        courier=u[:, 21],
        price_offset=trade.price_offset_sd * z[:, 1],
        mass_sd=np.full(n, trade.mass_sd),
        log_odds=risk.importer_sd * z[:, 2] + np.where(repeats, risk.repeat_log_odds, 0.0),
        cluster=np.full(n, -1, dtype=np.int64),
    )
    owner = np.repeat(np.arange(n), n_lines)
    number = np.arange(len(owner)) - importers.first_line[owner]
    cell = _draw_line_cells(trade, market, streams, n)[owner, number]
    return importers, make_lines(trade, market, pools, cell, "importer", streams)


def make_lines(
    trade: Trade,
    market: Market,
    pools: SellerPools,
    cell: IntArray,
    owner: str,
    streams: Streams,
) -> Lines:
    """Give each line its usual seller and mass; `owner` names the random stream."""
    u = streams.uniform(f"{owner}/lines", 0, len(cell), 2)
    product = market.hs6[cell]
    spread = trade.line_mass_spread * market.mass_sd[product]
    return Lines(
        cell=cell,
        seller=pools.draw(market.pool[cell], u[:, 0]),
        log_mass=market.mass_mean[product]
        + spread * trimmed_quantile(u[:, 1], trade.line_mass_tail),
    )


def _draw_line_cells(trade: Trade, market: Market, streams: Streams, n: int) -> IntArray:
    """Goods of every possible line, shape (n, 8): most stay within the first one's chapter."""
    u = streams.uniform("importer/goods", 0, n, 2 * _LINES_A_TRADER)
    cells = np.empty((n, _LINES_A_TRADER), dtype=np.int64)
    cells[:, 0] = market.draw_cell(u[:, 0])
    chapter = market.chapter[cells[:, 0]]
    for line in range(1, _LINES_A_TRADER):
        stays = u[:, 2 * line] < trade.same_chapter_share
        same = market.draw_in_chapter(chapter, u[:, 2 * line + 1])
        cells[:, line] = np.where(stays, same, market.draw_cell(u[:, 2 * line + 1]))
    return cells


def _draw_life(trade: Trade, u: FloatArray, n_days: int) -> tuple[FloatArray, FloatArray]:
    """First and last day: throughout, born in the window, or an incumbent who leaves."""
    life = trade.shortest_life - trade.mean_life * logarithm(u[:, 1])
    newborn = u[:, 0] < trade.newborn_share
    leaves = (u[:, 0] - trade.newborn_share) > trade.lifelong_share * (1.0 - trade.newborn_share)
    birth = np.where(newborn, u[:, 2] * n_days, 0.0)
    # An incumbent who leaves is met somewhere in the middle of a life.
    start = np.where(leaves, u[:, 2] * (n_days + life) - life, birth)
    death = np.where(newborn | leaves, start + life, float(n_days))
    return np.where(leaves, start, birth), death


def _poisson_quantile(mean: float, u: FloatArray) -> IntArray:
    """Poisson counts by inverse distribution, up to 20."""
    term = exponential(np.array([-mean]))
    terms = [float(term[0])]
    for k in range(1, 21):
        terms.append(terms[-1] * mean / k)
    return np.searchsorted(np.cumsum(terms), u, side="right").astype(np.int64)


class Roster:
    """Who can declare in which week.

    Parameters
    ----------
    importers : Importers
    n_days : int
    shares : float64 array, shape (n_classes,)
        Share of declarations of each class of importers, kept in every week.
    importer_class : int64 array, shape (n_importers,)
    """

    DAYS = 7.0

    def __init__(
        self, importers: Importers, n_days: int, shares: FloatArray, importer_class: IntArray
    ) -> None:
        self._importers = importers
        self._shares = shares
        self._class = importer_class
        self.n_weeks = -(-n_days // int(self.DAYS))
        self._tables: dict[int, GroupedTable] = {}  # the latest weeks only: see `_WEEKS_KEPT`

    def _table(self, week: int) -> GroupedTable:
        """Those alive in a week, by class; built on first use and kept."""
        if week not in self._tables:
            start, end = week * self.DAYS, (week + 1) * self.DAYS
            alive = np.minimum(self._importers.death, end) - np.maximum(
                self._importers.birth, start
            )
            present = np.flatnonzero(alive > 0.0)
            table = GroupedTable.from_weights(
                self._class[present],
                self._importers.weight[present] * np.minimum(alive[present], self.DAYS),
                len(self._shares),
            )
            items = present[table.items] if len(present) else table.items
            if len(self._tables) >= _WEEKS_KEPT:
                self._tables.pop(next(iter(self._tables)))
            self._tables[week] = GroupedTable(items, table.edges, table.starts)
        return self._tables[week]

    def draw(self, day: IntArray, u_class: FloatArray, u: FloatArray) -> IntArray:
        """The importer of each declaration, shape (n,)."""
        edges = np.cumsum(self._shares)
        wanted = np.searchsorted(edges, u_class * edges[-1], side="right")
        wanted = np.minimum(wanted, len(edges) - 1).astype(np.int64)
        week = day // int(self.DAYS)
        chosen = np.empty(len(day), dtype=np.int64)
        order = np.argsort(week, kind="stable")
        bounds = np.searchsorted(week[order], np.arange(self.n_weeks + 1))
        for number in range(self.n_weeks):
            rows = order[bounds[number] : bounds[number + 1]]
            if len(rows):
                table = self._table(number)
                drawn = table.draw(wanted[rows], u[rows])
                ordinary = table.draw(np.zeros(len(rows), dtype=np.int64), u[rows])
                chosen[rows] = np.where(drawn >= 0, drawn, ordinary)
        return chosen
