"""The world as a function: configuration and secret in, declarations and their truth out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from customs_data.profile import Profile, load_profile
from customs_data.schema import COLUMN
from customs_data.world.brokers import make_declarants, make_seller_pools
from customs_data.world.calendar import Calendar, make_calendar
from customs_data.world.clusters import make_clusters, make_shells
from customs_data.world.composition import Population, compose, weigh_couriers
from customs_data.world.configuration import Configuration
from customs_data.world.draft import Draft
from customs_data.world.effects import Effects, draw_effects
from customs_data.world.form import Names, name_agents, to_frame, write_form
from customs_data.world.identifiers import issue_declaration_ids
from customs_data.world.labels import (
    Constants,
    Risks,
    Verdict,
    judge,
    solve_constants,
    weigh_risks,
)
from customs_data.world.market import Market
from customs_data.world.schemes import SCHEMES, Occasions, check_schemes
from customs_data.world.streams import Streams
from customs_data.world.traders import Roster, make_traders

DECLARATION_COLUMNS = tuple(COLUMN)
ORACLE_COLUMNS = ("Declaration ID", "Fraud Probability", "Scheme", "Ring")
BACKSTAGE_COLUMNS = ("Cluster", "Late Cluster", "Look-alike")

_SAMPLE_BLOCKS = 16  # constants are solved on 16 blocks of declarations, whatever the partitions,
_SAMPLE_ROWS = 1024  # so that a world too large for memory solves them just as well


@dataclass(frozen=True)
class World:
    """A simulated edition with its truth.

    Attributes
    ----------
    declarations : DataFrame, shape (n_declarations, 22)
        The schema's columns, sorted by date.
    oracle : DataFrame, shape (n_declarations, 4)
        In the same order: Declaration ID; Fraud Probability, the probability that the label is 1
        before anything was drawn (six decimals); Scheme, what the importer really did ("" if
        nothing); Ring ("" outside rings).
    backstage : DataFrame, shape (n_declarations, 3)
        In the same order, what no file of an edition holds, for those who study the world:
        Cluster, the ring or decoy that the importer belongs to ("" for everybody else), whatever
        this declaration is; Late Cluster, whether it starts late; Look-alike, the scheme whose
        traces an honest form shows ("" if none).
    period_rows : tuple of int
        Rows of the training, public and private period.
    """

    declarations: pd.DataFrame
    oracle: pd.DataFrame
    backstage: pd.DataFrame
    period_rows: tuple[int, ...]


@dataclass(frozen=True)
class _Stage:
    """Everything drawn before the first declaration."""

    configuration: Configuration
    profile: Profile
    streams: Streams
    market: Market
    effects: Effects
    population: Population
    calendar: Calendar

    def draft(self, start: int, stop: int) -> tuple[Draft, Risks]:
        """Honest paperwork and risks of the declarations ``start .. stop - 1``."""
        draft = compose(
            self.configuration,
            self.market,
            self.population,
            self.calendar.day[start:stop],
            start,
            self.streams,
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


def simulate(
    configuration: Configuration,
    secret: bytes,
    *,
    n_declarations: int = 54_000,
    profile: Profile | None = None,
    n_partitions: int = 1,
    with_links: bool = True,
    with_decoys: bool = True,
) -> World:
    """Simulate a world.

    Parameters
    ----------
    configuration : Configuration
    secret : bytes
        At least 8 bytes. The same secret, configuration and size give the same world on any
        machine and for any number of partitions.
    n_declarations : int
        Rows, at least 100.
    profile : Profile, optional
        Calibration; the shipped one by default.
    n_partitions : int
        Pieces the rows are made in.
    with_links : bool
        False: shells of rings and decoys use brokers and sellers like anybody else.
    with_decoys : bool
        False: rings without honest clusters of the same structure.

    Returns
    -------
    World

    Raises
    ------
    ValueError
        If a size is too small, the secret too short, or the configuration's schemes unknown.
    """
    if n_declarations < 100:
        raise ValueError(f"n_declarations must be at least 100, however: it is {n_declarations}.")
    if n_partitions < 1:
        raise ValueError(f"n_partitions must be at least 1, however: it is {n_partitions}.")
    check_schemes(configuration.cheating, configuration.clusters.late_scheme)
    stage = _set_stage(
        configuration,
        Streams(secret, configuration.edition),
        profile or load_profile(),
        n_declarations,
        with_links,
        with_decoys,
    )
    constants = _solve(stage, n_declarations)
    names = name_agents(stage.population, stage.streams)
    occasions = Occasions(stage.market)
    bounds = [n_declarations * i // n_partitions for i in range(n_partitions + 1)]
    parts = [
        _make_part(stage, constants, names, occasions, start, stop)
        for start, stop in pairwise(bounds)
        if stop > start
    ]
    order = stage.calendar.order
    columns = {name: np.concatenate([part[name] for part in parts])[order] for name in parts[0]}
    number = issue_declaration_ids(n_declarations, stage.streams)
    columns["Declaration ID"] = number.astype(str).astype(object)
    return World(
        declarations=to_frame(columns, DECLARATION_COLUMNS),
        oracle=to_frame(columns, ORACLE_COLUMNS),
        backstage=to_frame(columns, BACKSTAGE_COLUMNS),
        period_rows=stage.calendar.period_rows,
    )


def _set_stage(
    configuration: Configuration,
    streams: Streams,
    profile: Profile,
    n: int,
    with_links: bool,
    with_decoys: bool,
) -> _Stage:
    """Draw effects, agents and calendar."""
    market = Market.from_profile(profile)
    effects = draw_effects(configuration, streams, market, tuple(SCHEMES))
    calendar = make_calendar(configuration.period, profile, n, streams)
    n_days = calendar.n_days
    trade = configuration.trade
    declarants = make_declarants(trade, profile, market, n, streams)
    pools = make_seller_pools(trade, profile, market, n)
    traders, lines = make_traders(configuration, market, declarants, pools, n, n_days, streams)
    clusters = make_clusters(
        configuration, market, effects, declarants, n, n_days, streams, with_links, with_decoys
    )
    shells, shell_lines = make_shells(configuration, clusters, market, declarants, pools, streams)
    importers = traders.followed_by(shells, len(lines))
    settings = configuration.clusters
    ring, decoy = settings.ring_share, settings.decoy_share if with_decoys else 0.0
    member_class = np.where(clusters.is_ring, 1, 2)
    importer_class = np.where(importers.cluster >= 0, member_class[importers.cluster], 0)
    roster = Roster(importers, n_days, np.array([1.0 - ring - decoy, ring, decoy]), importer_class)
    risk, n_sellers = configuration.risk, pools.n_sellers + clusters.n_sellers
    population = Population(
        importers=importers,
        lines=lines.followed_by(shell_lines),
        declarants=declarants,
        pools=pools,
        clusters=clusters,
        roster=roster,
        first_cluster_seller=pools.n_sellers,
        courier_weight=weigh_couriers(profile),
        declarant_log_odds=risk.declarant_sd
        * streams.normal("risk/declarant", 0, len(declarants))[:, 0],
        seller_log_odds=risk.seller_sd * streams.normal("risk/seller", 0, n_sellers)[:, 0],
    )
    return _Stage(configuration, profile, streams, market, effects, population, calendar)


def _solve(stage: _Stage, n: int) -> Constants:
    """Solve the constants on evenly spaced blocks of declarations."""
    if n <= _SAMPLE_BLOCKS * _SAMPLE_ROWS:
        return solve_constants(stage.configuration, [stage.draft(0, n)[1]])
    starts = [(n - _SAMPLE_ROWS) * i // (_SAMPLE_BLOCKS - 1) for i in range(_SAMPLE_BLOCKS)]
    return solve_constants(
        stage.configuration, [stage.draft(start, start + _SAMPLE_ROWS)[1] for start in starts]
    )


def _make_part(
    stage: _Stage,
    constants: Constants,
    names: Names,
    occasions: Occasions,
    start: int,
    stop: int,
) -> dict[str, NDArray[np.generic]]:
    """Columns of the declarations ``start .. stop - 1``, in the order of their draws."""
    draft, risks = stage.draft(start, stop)
    verdict = judge(
        stage.configuration,
        stage.market,
        stage.population,
        stage.effects,
        occasions,
        draft,
        risks,
        constants,
        stage.streams,
    )
    columns = write_form(
        stage.configuration.trade,
        stage.profile,
        stage.market,
        names,
        stage.calendar,
        draft,
        verdict,
        stage.streams,
    )
    scheme_names = np.array([*SCHEMES, ""], dtype=object)
    rings = [f"ring-{i + 1:05d}" for i in range(int(stage.population.clusters.is_ring.sum()))]
    ring_names = np.array([*rings, ""], dtype=object)
    columns["Fraud Probability"] = verdict.probability
    columns["Scheme"] = scheme_names[verdict.scheme]
    columns["Ring"] = ring_names[np.where(risks.in_ring, draft.cluster, -1)]
    return columns | _backstage(stage, draft, verdict)


def _backstage(stage: _Stage, draft: Draft, verdict: Verdict) -> dict[str, NDArray[np.generic]]:
    """What only those see who study the world (see `World`)."""
    clusters = stage.population.clusters
    n_rings = int(clusters.is_ring.sum())
    names = [f"ring-{i + 1:05d}" for i in range(n_rings)]
    names += [f"decoy-{i + 1:05d}" for i in range(len(clusters) - n_rings)]
    cluster = stage.population.importers.cluster[draft.importer]
    return {
        "Cluster": np.array([*names, ""], dtype=object)[cluster],
        "Late Cluster": (cluster >= 0) & clusters.is_late[cluster],
        "Look-alike": np.array([*SCHEMES, ""], dtype=object)[verdict.lookalike],
    }
