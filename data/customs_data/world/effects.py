"""Global effects of a world, all drawn from its secret.

They are: which codes are risky, how strongly and with what sign; which parts of the circle of
acquaintance; the mix of schemes in each section of the tariff; how deep schemes go; and how often
honest declarations look like them. What concerns rings and decoys is drawn in ``agents/``. If all
this were constants of the program, a model trained on other simulated worlds could rank a new one
without any of its labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customs_data.world.campaigns import CampaignTable, draw_campaigns
from customs_data.world.configuration import Configuration, Risk
from customs_data.world.drawing.arithmetic import exponential, ordered_sum, wave
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.market import Market

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_PROBE_ROWS = 4096  # scales the segment's spread to within 2 %
_DAYS_OF_YEAR = 365.25
_HIGHEST_RATE = 30.0  # percent: a higher duty is no greater temptation; generator specification, B3
_SD_LOG_MASS = 3.4  # sd of ln kg over declarations; release
_GOODS_EFFECTS = ("chapter", "hs6", "origin", "departure", "tax_type")
_FILING_EFFECTS = ("mode", "import_type", "import_use", "payment", "office", "indicator")
_FEWEST_POINTS = 8  # on the circle of a tiny world
_BOX_GRID = (8, 4, 3)  # chapter groups, origin groups, tax groups; generator specification, B3


@dataclass(frozen=True)
class _Probe:
    """Random declarations on which the sizes of effects are measured."""

    cell: IntArray
    filing: dict[str, IntArray]

    @classmethod
    def draw(cls, streams: Streams, market: Market) -> _Probe:
        """Draw goods and filings by their frequency in the profile."""
        u = streams.uniform("effect/probe", 0, _PROBE_ROWS, 12)
        return cls(market.draw_cell(u[:, 0]), market.filing.draw(u[:, 1:10]))

    @staticmethod
    def standardize(effect: FloatArray, codes: IntArray) -> FloatArray:
        """Scale to mean 0 and sd 1: worlds differ in signs, not in difficulty."""
        value = effect[codes]
        mean = ordered_sum(value) / len(value)
        spread = np.sqrt(ordered_sum((value - mean) * (value - mean)) / len(value))
        return (effect - mean) / spread if spread > 0.0 else np.zeros_like(effect)

    def measure_spread(
        self, goods: FloatArray, filing: dict[str, FloatArray], mass: float, market: Market
    ) -> float:
        """Return the standard deviation of the whole segment before scaling."""
        value = goods[self.cell] + mass * market.mass_mean[market.hs6[self.cell]]
        for name, effect in filing.items():
            value = value + effect[self.filing[name]]
        centred = value - ordered_sum(value) / len(value)
        return float(np.sqrt(ordered_sum(centred * centred) / len(value)))


@dataclass(frozen=True)
class Effects:
    """Drawn effects.

    Attributes
    ----------
    goods : float64 array, shape (n_cells,)
        Log-odds of each cell.
    filing : dict of float64 arrays
        Log-odds of each code, by filing field.
    mass : float
        Log-odds per ln unit of mass.
    season_phase, season_size, drift : float64 arrays, shape (n_chapters,)
        Phase (turns) and size (log-odds) of a yearly wave; change of log-odds over the window.
    scheme_shares : float64 array, shape (n_sections, n_schemes)
        Cumulative shares of schemes.
    practice_shares : float64 array, shape (n_sections, n_schemes)
        Cumulative shares of the look-alikes of decoys.
    depth_factor : float64 array, shape (n_schemes,)
        Factor on the depth of each scheme.
    lookalike_shares : float64 array, shape (n_schemes,)
        Cumulative shares of honest rows that look like a scheme.
    critical_chapter : float64 array, shape (n_chapters,)
        Weights of critical fraud.
    circle : float64 array, shape (n_points,)
        Log-odds at points of the circle, equally far apart, and between them on straight lines.
    campaigns : CampaignTable
    """

    goods: FloatArray
    filing: dict[str, FloatArray]
    mass: float
    season_phase: FloatArray
    season_size: FloatArray
    drift: FloatArray
    scheme_shares: FloatArray
    practice_shares: FloatArray
    depth_factor: FloatArray
    lookalike_shares: FloatArray
    critical_chapter: FloatArray
    circle: FloatArray
    campaigns: CampaignTable

    def segment(
        self, cell: IntArray, filing: dict[str, IntArray], log_mass: FloatArray
    ) -> FloatArray:
        """Return the log-odds from goods, filing and mass, shape (n,)."""
        total: FloatArray = self.goods.take(cell)
        total += self.mass * log_mass
        for field in _FILING_EFFECTS:
            total += self.filing[field].take(filing[field])
        return total

    def moment(self, chapter: IntArray, day: IntArray, n_days: int) -> FloatArray:
        """Return the log-odds from season and drift, shape (n,)."""
        n_chapters = len(self.drift)
        first, last = int(day.min(initial=n_days)), int(day.max(initial=0))
        width = max(last - first + 1, 0)
        if width * n_chapters > len(day):
            return self._moment(chapter, day, n_days)
        # Many declarations of a month: once for each chapter and day.
        every = np.arange(n_chapters)[:, None]
        table = self._moment(every, np.arange(first, last + 1)[None], n_days)
        return table.reshape(-1).take(chapter * width + (day - first))

    def _moment(self, chapter: IntArray, day: IntArray, n_days: int) -> FloatArray:
        turn = day / _DAYS_OF_YEAR + self.season_phase[chapter]
        trend = self.drift[chapter] * (day / n_days - 0.5)
        return np.asarray(self.season_size[chapter] * wave(turn) + trend)

    def on_circle(self, place: FloatArray) -> FloatArray:
        """Return the log-odds of importers by their place on the circle, shape (n,)."""
        n = len(self.circle)
        spot = place * n
        before = np.floor(spot)
        left = before.astype(np.int64) % n
        start, end = self.circle[left], self.circle[(left + 1) % n]
        return np.asarray(start + (spot - before) * (end - start))


def draw_effects(
    configuration: Configuration,
    streams: Streams,
    market: Market,
    schemes: tuple[str, ...],
    n_declarations: int,
) -> Effects:
    """Draw the effects of a world of `n_declarations`."""
    risk, cheating = configuration.risk, configuration.cheating
    size = risk.effect_sizes

    def normal(name: str, n: int) -> FloatArray:
        return streams.normal(f"effect/{name}", 0, n)[:, 0]

    probe = _Probe.draw(streams, market)
    codes = {
        "chapter": market.chapter,
        "hs6": market.hs6,
        "origin": market.origin,
        "departure": market.departure,
        "tax_type": market.tax_type,
    }
    goods = np.zeros(market.n_cells)
    for name in _GOODS_EFFECTS:
        effect = normal(name, int(codes[name].max()) + 1)[codes[name]]
        goods = goods + size[name] * probe.standardize(effect, probe.cell)
    rate = np.minimum(market.rate, _HIGHEST_RATE)
    for name, trait in (("rate", rate), ("detour", market.is_detour)):
        signed = trait * normal(name, 1)[0]
        goods = goods + size[name] * probe.standardize(signed, probe.cell)
    boxes = _draw_boxes(risk.box_share, streams, market)
    goods = goods + size["box"] * probe.standardize(boxes, probe.cell)
    filing = {
        name: size[name]
        * probe.standardize(normal(name, market.filing.size(name)), probe.filing[name])
        for name in _FILING_EFFECTS
    }
    sign = -1.0 if normal("mass", 1)[0] < 0.0 else 1.0
    mass = sign * size["mass"] / _SD_LOG_MASS

    factor = risk.segment_sd / probe.measure_spread(goods, filing, mass, market)
    n_chapters, n_sections = market.n_chapters, market.n_sections
    uniform = streams.uniform("effect/cheating", 0, len(schemes), 2)
    low, high = cheating.depth_range
    least, most = cheating.lookalike_share
    base = np.array([cheating.weights[name] for name in schemes])
    tilt = cheating.weight_sd * normal("scheme", len(schemes))
    between = streams.normal("effect/section", 0, n_sections, len(schemes))
    weight = base * exponential(tilt + cheating.section_sd * between)
    running = np.cumsum(weight, axis=1)
    # Decoys follow the habits of the section, so that these do not show which side cheats.
    noise = streams.normal("effect/practice/section", 0, n_sections, len(schemes))
    habit = np.cumsum(weight * exponential(cheating.practice_sd * noise), axis=1)
    chapter_weight = exponential(
        configuration.inspection.critical_chapter_sd * normal("critical", n_chapters)
    )
    for code, value in configuration.inspection.critical_chapters.items():
        chapter_weight[market.chapter_code == code] = value
    return Effects(
        goods=goods * factor,
        filing={name: effect * factor for name, effect in filing.items()},
        mass=mass * factor,
        season_phase=streams.uniform("effect/phase", 0, n_chapters)[:, 0],
        season_size=risk.season_size * 2.0 * streams.uniform("effect/season", 0, n_chapters)[:, 0],
        drift=risk.drift_size * normal("drift", n_chapters),
        scheme_shares=running / running[:, -1:],
        practice_shares=habit / habit[:, -1:],
        depth_factor=low + (high - low) * uniform[:, 0],
        lookalike_shares=np.cumsum(least + (most - least) * uniform[:, 1]),
        critical_chapter=chapter_weight,
        circle=_draw_circle(risk, streams, n_declarations),
        campaigns=draw_campaigns(
            configuration.campaigns, streams, market, probe.cell, probe.filing
        ),
    )


def _draw_boxes(share: float, streams: Streams, market: Market) -> FloatArray:
    """Draw the risk of each box (chapter, origin, tax type): +1 risky, -1 safe, 0 neutral."""
    groups = []
    for name, code, n_groups in zip(
        ("chapter", "origin", "tax_type"),
        (market.chapter, market.origin, market.tax_type),
        _BOX_GRID,
        strict=True,
    ):
        u = streams.uniform(f"effect/box/{name}", 0, int(code.max()) + 1)[:, 0]
        groups.append(np.floor(u * n_groups).astype(np.int64)[code])
    box = (groups[0] * _BOX_GRID[1] + groups[1]) * _BOX_GRID[2] + groups[2]
    n_boxes = _BOX_GRID[0] * _BOX_GRID[1] * _BOX_GRID[2]
    order = streams.permutation("effect/box", n_boxes)
    sign = np.where(streams.uniform("effect/box/sign", 0, n_boxes)[:, 0] < 0.5, -1.0, 1.0)
    return np.asarray(np.where(order < share * n_boxes, sign, 0.0)[box])


def _draw_circle(risk: Risk, streams: Streams, n_declarations: int) -> FloatArray:
    """Draw the risk at points of the circle: more points, not wider ones, in a larger world."""
    n = max(_FEWEST_POINTS, round(n_declarations / risk.circle_declarations))
    return np.asarray(risk.circle_sd * streams.normal("effect/circle", 0, n)[:, 0])
