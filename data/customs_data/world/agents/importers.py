"""Importers and their lines: goods that they import again and again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from customs_data.world.agents.brokers import Declarants, SellerPools
from customs_data.world.configuration import Configuration, Trade
from customs_data.world.drawing.arithmetic import (
    exponential,
    logarithm,
    normal_quantile,
    trimmed_quantile,
)
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.market import Market

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Integers = NDArray[np.signedinteger[Any]]

HABITS = ("mode", "import_type", "import_use", "payment", "office", "indicator")
_LINES_PER_IMPORTER = 8  # random numbers reserved per importer, so that they never shift


@dataclass(frozen=True)
class Importers:
    """Importer IDs, ordinary ones and shells alike; arrays of shape (n_importers,).

    Attributes
    ----------
    weight : float64
        Activity per day of life.
    birth, death : float64
        First and last day of activity.
    first_line, n_lines : int32, int8
        Place and number of the importer's lines in `Lines`.
    declarant : int32, shape (n_importers, 3)
        Brokers in order of preference.
    habit : int16, shape (n_importers, 6)
        Usual codes of `HABITS`.
    courier : float64
        A number in (0, 1) that selects the usual courier.
    price_offset : float64
        Personal ln unit price.
    mass_sd : float64
        Spread of ln mass within a line.
    log_odds : float64
        Personal log-odds of fraud.
    cluster : int32
        Ring or decoy; -1 for all others.
    """

    weight: FloatArray
    birth: FloatArray
    death: FloatArray
    first_line: NDArray[np.int32]
    n_lines: NDArray[np.int8]
    declarant: NDArray[np.int32]
    habit: NDArray[np.int16]
    courier: FloatArray
    price_offset: FloatArray
    mass_sd: FloatArray
    log_odds: FloatArray
    cluster: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.weight)

    @classmethod
    def join(cls, parts: Iterable[Importers]) -> Importers:
        """Concatenate parts, and number their lines in the same order."""
        columns = _collect(parts, cls)
        n_lines = columns["n_lines"].astype(np.int64)
        columns["first_line"] = (np.cumsum(n_lines) - n_lines).astype(np.int32)
        return cls(**columns)


def _collect(parts: Iterable[Any], kind: type) -> dict[str, NDArray[Any]]:
    """Concatenate the columns of parts one by one, to save memory."""
    pieces: dict[str, list[NDArray[Any]]] = {field.name: [] for field in fields(kind)}
    for part in parts:
        for name, column in pieces.items():
            column.append(getattr(part, name))
    return {name: np.concatenate(pieces.pop(name)) for name in list(pieces)}


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
    """

    cell: NDArray[np.int32]
    seller: NDArray[np.int32]
    log_mass: FloatArray

    def __len__(self) -> int:
        return len(self.cell)

    @classmethod
    def join(cls, parts: Iterable[Lines]) -> Lines:
        """Concatenate parts."""
        return cls(**_collect(parts, cls))


def count_ordinary_importers(trade: Trade, n_declarations: int) -> int:
    """Return the number of ordinary importers, in proportion to the declarations."""
    return max(20, round(trade.importers_per_declaration * n_declarations))


def draw_ordinary_importers(
    configuration: Configuration,
    market: Market,
    declarants: Declarants,
    n_days: int,
    streams: Streams,
    span: tuple[int, int],
) -> Importers:
    """Draw the ordinary importers of a span; `Importers.join` numbers their lines."""
    trade, risk = configuration.trade, configuration.risk
    start, stop = span
    n = stop - start
    u = streams.uniform("importer/traits", start, stop, 28)
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
    return Importers(
        weight=exponential(trade.activity_sd * z[:, 0]),
        birth=birth,
        death=death,
        first_line=np.zeros(n, dtype=np.int32),
        n_lines=n_lines.astype(np.int8),
        declarant=np.stack([main, second, third], axis=1).astype(np.int32),
        habit=np.stack([habit[name] for name in HABITS], axis=1).astype(np.int16),
        courier=u[:, 21].copy(),
        price_offset=trade.price_offset_sd * z[:, 1],
        mass_sd=np.full(n, trade.mass_sd),
        log_odds=risk.importer_sd * z[:, 2] + np.where(repeats, risk.repeat_log_odds, 0.0),
        cluster=np.full(n, -1, dtype=np.int32),
    )


def draw_ordinary_lines(
    trade: Trade,
    market: Market,
    pools: SellerPools,
    streams: Streams,
    importers: Importers,
    span: tuple[int, int],
) -> Lines:
    """Draw the lines of the ordinary importers of a span."""
    start, stop = span
    owner, number = number_lines(importers, start, stop)
    cell = _draw_line_cells(trade, market, streams, start, stop, owner, number)
    first = int(importers.first_line[start])
    return make_lines(trade, market, pools, cell, "importer", first, streams)


def number_lines(importers: Importers, start: int, stop: int) -> tuple[IntArray, IntArray]:
    """Return owner (from `start`) and number within the owner of some importers' lines."""
    n_lines = importers.n_lines[start:stop].astype(np.int64)
    owner = np.repeat(np.arange(stop - start), n_lines)
    return owner, np.arange(len(owner)) - (np.cumsum(n_lines) - n_lines)[owner]


def make_lines(
    trade: Trade,
    market: Market,
    pools: SellerPools,
    cell: Integers,
    owner: str,
    first: int,
    streams: Streams,
) -> Lines:
    """Draw the usual seller and mass of each line.

    `owner` is the prefix of the random stream, `first` the first line's index in it.
    """
    u = streams.uniform(f"{owner}/lines", first, first + len(cell), 2)
    product = market.hs6[cell]
    spread = trade.line_mass_spread * market.mass_sd[product]
    return Lines(
        cell=cell.astype(np.int32),
        seller=pools.draw(market.pool[cell], u[:, 0]).astype(np.int32),
        log_mass=market.mass_mean[product]
        + spread * trimmed_quantile(u[:, 1], trade.line_mass_tail),
    )


def _draw_line_cells(
    trade: Trade,
    market: Market,
    streams: Streams,
    start: int,
    stop: int,
    owner: IntArray,
    number: IntArray,
) -> IntArray:
    """Draw the goods of each line, mostly of the same chapter as the owner's first line."""
    u = streams.uniform("importer/goods", start, stop, 2 * _LINES_PER_IMPORTER)
    first = market.draw_cell(u[:, 0])
    cell = first[owner]
    chosen = u[owner, 2 * number + 1]
    further = number > 0
    stays = further & (u[owner, 2 * number] < trade.same_chapter_share)
    moves = further & ~stays
    cell[stays] = market.draw_in_chapter(market.chapter[first][owner[stays]], chosen[stays])
    cell[moves] = market.draw_cell(chosen[moves])
    return cell


def _draw_life(trade: Trade, u: FloatArray, n_days: int) -> tuple[FloatArray, FloatArray]:
    """Draw first and last days: of newborns, of incumbents who leave, and of those who stay."""
    life = trade.shortest_life - trade.mean_life * logarithm(u[:, 1])
    newborn = u[:, 0] < trade.newborn_share
    leaves = (u[:, 0] - trade.newborn_share) > trade.lifelong_share * (1.0 - trade.newborn_share)
    birth = np.where(newborn, u[:, 2] * n_days, 0.0)
    # The window begins somewhere within the life of an incumbent who leaves.
    start = np.where(leaves, u[:, 2] * (n_days + life) - life, birth)
    death = np.where(newborn | leaves, start + life, float(n_days))
    return np.where(leaves, start, birth), death


def _poisson_quantile(mean: float, u: FloatArray) -> IntArray:
    """Draw Poisson counts, at most 21, by inverse distribution."""
    term = exponential(np.array([-mean]))
    terms = [float(term[0])]
    for k in range(1, 21):
        terms.append(terms[-1] * mean / k)
    return np.searchsorted(np.cumsum(terms), u, side="right").astype(np.int64)
