"""Setup of a world: all that is drawn before the first declaration."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from customs_data.parallel import map_in_order, spans
from customs_data.profile import Profile
from customs_data.world.agents.brokers import make_declarants, make_sellers, recommend_brokers
from customs_data.world.agents.clusters import make_clusters
from customs_data.world.agents.importers import (
    Importers,
    count_ordinary_importers,
    draw_ordinary_importers,
)
from customs_data.world.agents.lines import Lines, draw_ordinary_lines
from customs_data.world.agents.roster import Roster
from customs_data.world.agents.shells import Shells, draw_shell_lines, draw_shells
from customs_data.world.calendar.months import Calendar, make_calendar
from customs_data.world.cheating import Constants, Risks, solve_constants, weigh_risks
from customs_data.world.configuration import Configuration
from customs_data.world.draft import Draft
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.effects import Effects, draw_effects
from customs_data.world.honest_trade import Population, compose, draw_importers, weigh_couriers
from customs_data.world.market import Market
from customs_data.world.schemes import SCHEMES

IntArray = NDArray[np.int64]

# Constants are solved on a sample, so that large worlds need no more memory.
_SAMPLE_BLOCKS, _SAMPLE_ROWS = 16, 1024


@dataclass(frozen=True)
class WorldSetup:
    """All that is drawn before the first declaration."""

    configuration: Configuration
    profile: Profile
    streams: Streams
    market: Market
    effects: Effects
    population: Population
    calendar: Calendar

    @cached_property
    def ring_names(self) -> pa.StringArray:
        """Names of the rings, and the empty text."""
        n_rings = int(self.population.clusters.is_ring.sum())
        return pa.array([*(f"ring-{i + 1:05d}" for i in range(n_rings)), ""], pa.string())

    @cached_property
    def cluster_names(self) -> pa.StringArray:
        """Names of rings and decoys, and the empty text."""
        *rings, nothing = self.ring_names.to_pylist()
        n_decoys = len(self.population.clusters) - len(rings)
        return pa.array(
            [*rings, *(f"decoy-{i + 1:05d}" for i in range(n_decoys)), nothing], pa.string()
        )

    @cached_property
    def campaign_names(self) -> pa.StringArray:
        """Names of the campaigns, and the empty text."""
        return pa.array([*self.effects.campaigns.names, ""], pa.string())

    def draft(self, start: int, day: IntArray, importer: NDArray[np.int32]) -> tuple[Draft, Risks]:
        """Return the honest draft and the risks of the declarations from `start` on."""
        draft = compose(
            self.configuration, self.market, self.population, day, importer, start, self.streams
        )
        risks = weigh_risks(
            self.configuration,
            self.market,
            self.population,
            self.effects,
            draft,
            self.calendar.n_days,
        )
        return draft, risks


def draw_setup(
    configuration: Configuration,
    streams: Streams,
    profile: Profile,
    n: int,
    executor: Executor | None,
    with_links: bool,
    with_decoys: bool,
) -> WorldSetup:
    """Draw effects, agents and calendar."""
    if not with_links:
        configuration = _without_links(configuration)
    market = Market.from_profile(profile)
    effects = draw_effects(configuration, streams, market, tuple(SCHEMES), n)
    calendar = make_calendar(configuration.period, profile, n, streams)
    n_days = calendar.n_days
    trade = configuration.trade
    declarants = make_declarants(trade, profile, market, n, streams)
    sellers = make_sellers(trade, profile, market, n)
    clusters = make_clusters(
        configuration,
        market,
        effects,
        declarants,
        sellers,
        n,
        n_days,
        streams,
        with_links,
        with_decoys,
    )
    shells = Shells.of(clusters, configuration.clusters, streams)
    n_ordinary = count_ordinary_importers(trade, n)
    ordinary_spans, shell_spans = spans(n_ordinary), spans(len(shells))
    draw = partial(
        draw_ordinary_importers, configuration, market, effects, declarants, n, n_days, streams
    )
    draw_members = partial(
        draw_shells, shells, configuration, market, declarants, streams, n_ordinary
    )
    importers = Importers.join(
        chain(
            map_in_order(draw, ordinary_spans, executor),
            map_in_order(draw_members, shell_spans, executor),
        )
    )
    draw_lines = partial(draw_ordinary_lines, trade, market, sellers, clusters, streams, importers)
    draw_member_lines = partial(
        draw_shell_lines, shells, configuration, market, sellers, streams, importers
    )
    lines = Lines.join(
        chain(
            map_in_order(draw_lines, ordinary_spans, executor),
            map_in_order(draw_member_lines, shell_spans, executor),
        )
    )
    ring = clusters.drawn.ring_share
    decoy = clusters.drawn.decoy_share if with_decoys else 0.0
    member_class = np.where(clusters.is_ring, 1, 2).astype(np.int8)
    importer_class = np.where(importers.cluster >= 0, member_class[importers.cluster], np.int8(0))
    roster = Roster(importers, n_days, np.array([1.0 - ring - decoy, ring, decoy]), importer_class)
    risk, n_sellers = configuration.risk, len(sellers) + clusters.n_sellers
    open_volume = configuration.clusters.declarant_volume
    population = Population(
        importers=importers,
        lines=lines,
        declarants=declarants,
        sellers=sellers,
        clusters=clusters,
        roster=roster,
        house_broker=recommend_brokers(trade, sellers, declarants, open_volume, streams),
        courier_weight=weigh_couriers(profile),
        declarant_log_odds=risk.declarant_sd
        * streams.normal("risk/declarant", 0, len(declarants))[:, 0],
        seller_log_odds=risk.seller_sd * streams.normal("risk/seller", 0, n_sellers)[:, 0],
    )
    return WorldSetup(configuration, profile, streams, market, effects, population, calendar)


def _without_links(configuration: Configuration) -> Configuration:
    """Return settings with which nobody is near anybody, and clusters share no brokers."""
    trade = replace(configuration.trade, near_share=0.0, seller_near_share=0.0)
    clusters = replace(configuration.clusters, declarant_link=(0.0, 0.0))
    return replace(configuration, trade=trade, clusters=clusters)


def solve(setup: WorldSetup, n: int, executor: Executor | None) -> Constants:
    """Solve for the constants, using evenly spaced blocks of declarations."""
    blocks = [(0, n)]
    if n > _SAMPLE_BLOCKS * _SAMPLE_ROWS:
        starts = [(n - _SAMPLE_ROWS) * i // (_SAMPLE_BLOCKS - 1) for i in range(_SAMPLE_BLOCKS)]
        blocks = [(start, start + _SAMPLE_ROWS) for start in starts]
    risks = map_in_order(partial(_weigh_block, setup), blocks, executor)
    return solve_constants(setup.configuration, list(risks))


def _weigh_block(setup: WorldSetup, block: tuple[int, int]) -> Risks:
    """Return the risks of the declarations ``start .. stop - 1``."""
    day = setup.calendar.day(*block)
    importer = draw_importers(setup.population, day, block[0], setup.streams)
    return setup.draft(block[0], day, importer)[1]
