"""Simulate a world: configuration and secret in, declarations and their truth out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from customs_data.parallel import map_in_order, spans, submit
from customs_data.profile import Profile, load_profile
from customs_data.world.calendar import Month
from customs_data.world.cheating import Constants, cheat_and_inspect, scheme_mix
from customs_data.world.configuration import Configuration
from customs_data.world.drawing.identifiers import DeclarationIds
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.honest_trade import draw_importers
from customs_data.world.paperwork import (
    Columns,
    Names,
    Text,
    declared_columns,
    join_rows,
    name_agents,
    to_table,
    true_columns,
)
from customs_data.world.posterior.bayes import Posterior
from customs_data.world.schemes import POSTERIORS, PRIORS, SCHEMES, Occasions, check_schemes
from customs_data.world.setup import WorldSetup, draw_setup, solve
from customs_data.world.tables import (
    UNRECORDED_COLUMNS,
    declarations_table,
    importers_of,
    oracle_table,
    to_frame,
    truth_table,
)

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """Simulated declarations with their truth.

    Attributes
    ----------
    declarations : DataFrame, shape (n_declarations, 22)
        The schema's columns, sorted by date.
    oracle : DataFrame, shape (n_declarations, 6)
        In the same order. Declaration ID; Fraud Probability: that the label is 1, before anything
        is drawn (the prior); Posterior Probability: the same, given the form; Critical
        Probability: of critical fraud, given the form (all with six decimals); Scheme of the
        importer ("" if honest); Ring ("" outside rings).
    schemes : DataFrame, shape (n_declarations, 2 n_schemes)
        In the same order; in the oracle of the task scheme. Probability that the inspection records
        each scheme, given the form (`POSTERIORS`) and before it is written (`PRIORS`).
    truth : DataFrame, shape (n_declarations, 8)
        In the same order. What an honest declaration would say, the duty evaded (KRW), and the
        Violation that the inspection records ("" for the label 0).
    networks : DataFrame, shape (n_importers, 3)
        Importer ID; Firm: the same for all IDs of one firm; Network: ring or decoy of a shell's
        first principal, "" for all others. Importers that declare something, in order of their ID.
    unrecorded : DataFrame, shape (n_declarations, 4)
        In the same order; in no file of an edition, for studies of the world. Cluster: ring or
        decoy for which the declaration's line works ("" for none); Late Cluster: whether it
        starts late; Look-alike: scheme that an honest declaration looks like ("" if none);
        Campaign: the one that raises its risk ("" for none; none in rings).
    period_rows : tuple of int
        Rows of the training, public and private period.
    """

    declarations: pd.DataFrame
    oracle: pd.DataFrame
    schemes: pd.DataFrame
    truth: pd.DataFrame
    networks: pd.DataFrame
    unrecorded: pd.DataFrame
    period_rows: tuple[int, ...]


@dataclass(frozen=True)
class Simulation:
    """World whose declarations are made month by month, or in pieces of any size.

    Only the agents of all declarations are in memory. It makes every column of a `World` except
    those `omitted`.
    """

    setup: WorldSetup
    constants: Constants
    names: Names
    occasions: Occasions
    posterior: Posterior
    declaration_ids: DeclarationIds
    omitted: frozenset[str] = frozenset()

    def without(self, names: Iterable[str]) -> Simulation:
        """Return the simulation without some columns, which saves their computation."""
        return replace(self, omitted=frozenset(names))

    def months(
        self,
        period: int | None = None,
        *,
        executor: Executor | None = None,
        with_posterior: bool = True,
    ) -> Iterator[Columns]:
        """Yield the columns of each month, sorted by date.

        Parameters
        ----------
        period : int, optional
            0 = training, 1 = public, 2 = private; all three by default.
        executor : Executor, optional
            Makes the months; the result does not depend on it.
        with_posterior : bool
            Whether to compute what is given the form, a sixth of the work.

        Yields
        ------
        dict
            Every column of a `World`; Declaration ID in int64.
        """
        return map_in_order(
            partial(_make_month, self, with_posterior), self.months_of(period), executor
        )

    def months_of(self, period: int | None = None) -> list[Month]:
        """Return the months of a period (of all three by default) that have declarations."""
        months = self.setup.calendar.months
        return [m for m in months if m.stop > m.start and period in (None, m.period)]

    def month(self, month: Month, *, with_posterior: bool = True) -> Columns:
        """Return the columns of a month, sorted by date; see `months`."""
        made = self._spans(month.start, month.stop, with_posterior)
        return self.join_pieces(month, list(made))

    def piece(self, start: int, stop: int, *, with_posterior: bool = True) -> Columns:
        """Return the declarations ``start .. stop - 1``, in the order in which they are drawn.

        They have no Declaration ID yet, which belongs to the place in the month (`join_pieces`).
        A value depends on its declaration alone, not on the piece that it is made in.

        Raises
        ------
        ValueError
            If the piece is empty or no part of the world.
        """
        n_declarations = self.setup.calendar.months[-1].stop
        if not 0 <= start < stop <= n_declarations:
            raise ValueError(
                f"There is no piece {start} .. {stop} of {n_declarations:,} declarations."
            )
        made = list(self._spans(start, stop, with_posterior))
        return join_rows(made, np.arange(stop - start))

    def join_pieces(self, month: Month, pieces: list[Columns]) -> Columns:
        """Return a month made of the pieces that together are its declarations, in their order.

        The pieces are emptied to save memory.
        """
        calendar = self.setup.calendar
        columns = join_rows(pieces, calendar.order(month, calendar.day(month.start, month.stop)))
        columns["Declaration ID"] = self.declaration_ids.issue(month.start, month.stop)
        return columns

    def _spans(self, start: int, stop: int, with_posterior: bool) -> Iterator[Columns]:
        """Yield the columns of a piece in spans that fit into the processor's cache."""
        day = self.setup.calendar.day(start, stop)
        importer = draw_importers(self.setup.population, day, start, self.setup.streams)
        for first, last in spans(stop, start):
            rows = slice(first - start, last - start)
            yield _make_span(self, with_posterior, first, day[rows], importer[rows])

    def no_importers(self) -> NDArray[np.bool_]:
        """Return False for each importer, to be marked for `networks_table`."""
        return np.zeros(len(self.setup.population.importers), dtype=np.bool_)

    def networks_table(self, declares: NDArray[np.bool_]) -> pa.Table:
        """Return firm and network of each importer that declares something (see `World`)."""
        importers, names = self.setup.population.importers, self.setup.cluster_names
        rows = np.flatnonzero(declares)
        network = _last_if_missing(importers.cluster[rows], names)
        table = pa.table(
            {
                "Importer ID": pc.take(self.names.importer, pa.array(rows)),
                "Firm": pc.take(self.names.importer, pa.array(importers.firm[rows])),
                "Network": Text(network, names).to_arrow(),
            }
        )
        return table.sort_by("Importer ID")


def _make_month(simulation: Simulation, with_posterior: bool, month: Month) -> Columns:
    return simulation.month(month, with_posterior=with_posterior)


def _make_span(
    simulation: Simulation,
    with_posterior: bool,
    start: int,
    day: IntArray,
    importer: NDArray[np.int32],
) -> Columns:
    """Return the columns of the declarations from `start` on, in the order of their draws."""
    setup = simulation.setup
    draft, risks = setup.draft(start, day, importer)
    world = (
        setup.configuration,
        setup.market,
        setup.population,
        setup.effects,
        simulation.occasions,
        draft,
        risks,
    )
    outcome = cheat_and_inspect(*world, simulation.constants, setup.streams)
    columns = declared_columns(
        setup.configuration.trade,
        setup.profile,
        setup.market,
        simulation.names,
        setup.calendar,
        draft,
        outcome,
        setup.streams,
    )
    columns["Fraud Probability"] = outcome.probability
    if with_posterior:
        # Without the columns of schemes, half of the numbers need not be joined and sorted.
        mix = None if simulation.omitted.issuperset(_OF_SCHEMES) else scheme_mix(*world)
        columns |= simulation.posterior.columns(draft, outcome.probability, mix)
    columns["Scheme"] = Text(_last_if_missing(outcome.scheme, _SCHEMES), _SCHEMES)
    ring = np.where(risks.in_ring, draft.cluster, -1)
    columns["Ring"] = Text(_last_if_missing(ring, setup.ring_names), setup.ring_names)
    columns |= true_columns(setup.market, draft, outcome, columns)
    columns["Violation"] = Text(_last_if_missing(outcome.violation, _SCHEMES), _SCHEMES)
    names = setup.cluster_names
    active = setup.effects.campaigns.active(draft.cell, draft.filing, day)
    campaign = np.where(risks.in_ring, -1, active)
    columns |= {
        "Cluster": Text(_last_if_missing(draft.cluster, names), names),
        "Late Cluster": (draft.cluster >= 0) & setup.population.clusters.is_late[draft.cluster],
        "Look-alike": Text(_last_if_missing(outcome.lookalike, _SCHEMES), _SCHEMES),
        "Campaign": Text(_last_if_missing(campaign, setup.campaign_names), setup.campaign_names),
    }
    return {name: column for name, column in columns.items() if name not in simulation.omitted}


def _last_if_missing(code: NDArray[Any], values: pa.StringArray) -> NDArray[np.int32]:
    """Return the codes, -1 as that of the last value, the empty text."""
    return np.where(code < 0, len(values) - 1, code).astype(np.int32)


_SCHEMES = pa.array([*SCHEMES, ""], pa.string())
_OF_SCHEMES = (*POSTERIORS, *PRIORS)


def prepare(
    configuration: Configuration,
    secret: bytes,
    *,
    n_declarations: int = 54_000,
    profile: Profile | None = None,
    executor: Executor | None = None,
    with_links: bool = True,
    with_decoys: bool = True,
) -> Simulation:
    """Draw the agents of a world and solve its constants.

    Parameters
    ----------
    configuration : Configuration
    secret : bytes
        At least 8 bytes. The same secret, configuration and size give the same world on any
        machine and executor.
    n_declarations : int
        Rows, at least 100.
    profile : Profile, optional
        Calibration; by default the shipped one.
    executor : Executor, optional
        Runs the parallel steps.
    with_links : bool
        Whether relations carry risk: clusters share brokers and sellers, and importers choose
        theirs near their place on the circle.
    with_decoys : bool
        Whether there are honest clusters with the structure of rings.

    Raises
    ------
    ValueError
        If there are too few declarations, the secret is short, or a scheme is unknown.
    """
    if n_declarations < 100:
        raise ValueError(f"A world has at least 100 declarations, not {n_declarations}.")
    check_schemes(configuration.cheating, configuration.clusters.late_scheme)
    profile = profile or load_profile()
    streams = Streams(secret, _world_name(configuration, profile, n_declarations))
    setup = draw_setup(
        configuration,
        streams,
        profile,
        n_declarations,
        executor,
        with_links,
        with_decoys,
    )
    names = submit(executor, name_agents, setup.population, streams)
    constants, occasions = solve(setup, n_declarations, executor), Occasions(setup.market)
    posterior = Posterior(setup, occasions, constants)
    declaration_ids = DeclarationIds.draw(n_declarations, streams)
    return Simulation(setup, constants, names.result(), occasions, posterior, declaration_ids)


def _world_name(configuration: Configuration, profile: Profile, n_declarations: int) -> str:
    """Return the name of a world in the keys of its streams.

    It contains a digest of every setting, so that one secret gives unrelated worlds for two sizes
    or two configurations. Rate and kind of the erasure do not matter: they change no declaration.
    """
    settings = json.dumps(configuration.as_dict(), sort_keys=True, default=str)
    facts = f"{settings}\n{profile.sha256}\n{n_declarations}"
    return f"{configuration.edition}/{hashlib.sha256(facts.encode()).hexdigest()}"


def simulate(
    configuration: Configuration,
    secret: bytes,
    *,
    n_declarations: int = 54_000,
    profile: Profile | None = None,
    executor: Executor | None = None,
    with_links: bool = True,
    with_decoys: bool = True,
) -> World:
    """Simulate a world in memory; parameters and errors are those of `prepare`."""
    simulation = prepare(
        configuration,
        secret,
        n_declarations=n_declarations,
        profile=profile,
        executor=executor,
        with_links=with_links,
        with_decoys=with_decoys,
    )
    parts = list(simulation.months(executor=executor))
    declares = simulation.no_importers()
    for part in parts:
        declares[importers_of(part)] = True
    return World(
        declarations=to_frame([declarations_table(part) for part in parts]),
        oracle=to_frame([oracle_table(part) for part in parts]),
        schemes=to_frame([to_table(part, (*POSTERIORS, *PRIORS)) for part in parts]),
        truth=to_frame([truth_table(part) for part in parts]),
        networks=to_frame([simulation.networks_table(declares)]),
        unrecorded=to_frame([to_table(part, UNRECORDED_COLUMNS) for part in parts]),
        period_rows=simulation.setup.calendar.period_rows,
    )
