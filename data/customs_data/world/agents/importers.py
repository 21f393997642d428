"""Importers: their lives, habits and brokers.

Importer IDs stand in blocks of three. Some blocks are one firm that registers anew under the next
ID: the three IDs share traits, brokers, lines and sellers, and divide one life between them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from customs_data.world.agents.brokers import Declarants
from customs_data.world.configuration import LINES_PER_IMPORTER, Configuration, Trade
from customs_data.world.drawing.arithmetic import exponential, logarithm, normal_quantile
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.effects import Effects
from customs_data.world.market import HABITS, Market

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Integers = NDArray[np.signedinteger[Any]]

_IDS_PER_BLOCK = 3


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
    courier, house : float64
        Numbers in (0, 1) that select the usual courier and the main trading houses.
    place : float64
        Place on the circle, in (0, 1).
    price_offset : float64
        Personal ln unit price.
    mass_sd : float64
        Spread of ln mass within a line.
    log_odds : float64
        Personal log-odds of fraud.
    cluster : int32
        Ring or decoy that a shell was made for; -1 for all others.
    firm : int32
        First of the IDs of the same firm, as an index.
    """

    weight: FloatArray
    birth: FloatArray
    death: FloatArray
    first_line: NDArray[np.int32]
    n_lines: NDArray[np.int8]
    declarant: NDArray[np.int32]
    habit: NDArray[np.int16]
    courier: FloatArray
    house: FloatArray
    place: FloatArray
    price_offset: FloatArray
    mass_sd: FloatArray
    log_odds: FloatArray
    cluster: NDArray[np.int32]
    firm: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.weight)

    @classmethod
    def join(cls, parts: Iterable[Importers]) -> Importers:
        """Concatenate parts, and number their lines in the same order."""
        columns = join_parts(parts, cls)
        n_lines = columns["n_lines"].astype(np.int64)
        columns["first_line"] = (np.cumsum(n_lines) - n_lines).astype(np.int32)
        return cls(**columns)


def join_parts(parts: Iterable[Any], kind: type) -> dict[str, NDArray[Any]]:
    """Concatenate the columns of parts one by one, to save memory."""
    pieces: dict[str, list[NDArray[Any]]] = {field.name: [] for field in fields(kind)}
    for part in parts:
        for name, column in pieces.items():
            column.append(getattr(part, name))
    return {name: np.concatenate(pieces.pop(name)) for name in list(pieces)}


def count_ordinary_importers(trade: Trade, n_declarations: int) -> int:
    """Return the number of ordinary importers, in proportion to the declarations."""
    return max(20, round(trade.importers_per_declaration * n_declarations))


def draw_ordinary_importers(
    configuration: Configuration,
    market: Market,
    effects: Effects,
    declarants: Declarants,
    n_declarations: int,
    n_days: int,
    streams: Streams,
    span: tuple[int, int],
) -> Importers:
    """Draw the ordinary importers of a span; `Importers.join` numbers their lines."""
    trade, risk = configuration.trade, configuration.risk
    start, stop = span
    n_ordinary = count_ordinary_importers(trade, n_declarations)
    firm, has_successors = _firm_of(trade, streams, start, stop, n_ordinary)
    first = start - start % _IDS_PER_BLOCK  # traits are those of the firm's first ID
    row = firm - first
    u = streams.uniform("importer/traits", first, stop, 30).take(row, axis=0)
    z = normal_quantile(u[:, :3])
    birth, death = _draw_life(trade, u[:, 3:6], n_days)
    birth, death = _divide_life(birth, death, has_successors, streams, span)
    n_lines = 1 + np.minimum(
        _poisson_quantile(trade.extra_lines_mean, u[:, 6]), trade.most_extra_lines
    )
    habit = market.filing.draw(u[:, 7:16])
    goods = streams.uniform("importer/goods", first, stop, 2 * LINES_PER_IMPORTER)[row, 0]
    section = market.section[market.draw_cell(goods)]
    near_width = trade.near_declarations / n_declarations
    repeats = u[:, 20] < risk.repeat_share
    n = stop - start
    return Importers(
        weight=exponential(trade.activity_sd * z[:, 0]),
        birth=birth,
        death=death,
        first_line=np.zeros(n, dtype=np.int32),
        n_lines=n_lines.astype(np.int8),
        declarant=_choose_brokers(trade, declarants, near_width, habit["office"], section, u),
        habit=np.stack([habit[name] for name in HABITS], axis=1).astype(np.int16),
        courier=u[:, 21].copy(),
        house=u[:, 24].copy(),
        place=u[:, 25].copy(),
        price_offset=trade.price_offset_sd * z[:, 1],
        mass_sd=np.full(n, trade.mass_sd),
        log_odds=risk.importer_sd * z[:, 2]
        + np.where(repeats, risk.repeat_log_odds, 0.0)
        + effects.on_circle(u[:, 25]),
        cluster=np.full(n, -1, dtype=np.int32),
        firm=firm.astype(np.int32),
    )


def _choose_brokers(
    trade: Trade,
    declarants: Declarants,
    near_width: float,
    office: IntArray,
    section: IntArray,
    u: FloatArray,
) -> NDArray[np.int32]:
    """Choose three brokers for each importer, shape (n, 3).

    The main one is often at the importer's office. Main and second one may be specialists of the
    first line's section of the tariff instead; most are somebody near, recommended by others.

    Parameters
    ----------
    near_width : float
        How near: sd of the way between their places, in turns of the circle.
    office, section : int64 arrays, shape (n,)
    u : float64 array, shape (n, 30)
        Uniform numbers of the importers' traits.
    """
    at_office = u[:, 16] < trade.same_office_share
    main = np.where(at_office, declarants.draw_at(office, u[:, 17]), declarants.draw(u[:, 17]))
    chosen = np.stack([main, declarants.draw(u[:, 18]), declarants.draw(u[:, 19])], axis=1)
    for number in range(2):
        rows = np.flatnonzero(u[:, 22 + number] < trade.specialist_share)
        chosen[rows, number] = declarants.draw_for(section[rows], u[rows, 17 + number])
        rows = np.flatnonzero(u[:, 28 + number] < trade.near_share)
        shift = near_width * normal_quantile(u[rows, 26 + number])
        chosen[rows, number] = declarants.draw_near(u[rows, 25], shift)
    return chosen.astype(np.int32)


def _firm_of(
    trade: Trade, streams: Streams, start: int, stop: int, n: int
) -> tuple[IntArray, BoolArray]:
    """Return the first ID of each importer's firm, and whether the firm has several IDs.

    `n` is the number of ordinary importers; those after the last whole block have one ID each.
    """
    number = np.arange(start, stop)
    block = number // _IDS_PER_BLOCK
    u = streams.uniform("importer/succession", int(block[0]), int(block[-1]) + 1)[:, 0]
    whole = (block + 1) * _IDS_PER_BLOCK <= n
    several = (u[block - block[0]] < trade.succession_share) & whole
    return np.where(several, block * _IDS_PER_BLOCK, number), several


def _divide_life(
    birth: FloatArray,
    death: FloatArray,
    several: BoolArray,
    streams: Streams,
    span: tuple[int, int],
) -> tuple[FloatArray, FloatArray]:
    """Give each ID its part of the life of a firm that has several; others keep theirs."""
    number = np.arange(*span)
    block, part = number // _IDS_PER_BLOCK, number % _IDS_PER_BLOCK
    cuts = streams.uniform("importer/cuts", int(block[0]), int(block[-1]) + 1, _IDS_PER_BLOCK - 1)
    edges = np.zeros((len(cuts), _IDS_PER_BLOCK + 1))
    edges[:, 1:-1] = np.sort(cuts, axis=1)
    edges[:, -1] = 1.0
    low, high = edges[block - block[0], part], edges[block - block[0], part + 1]
    length = death - birth
    return (
        np.where(several, birth + low * length, birth),
        np.where(several, birth + high * length, death),
    )


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
