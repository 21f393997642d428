"""Simulate a world: configuration and secret in, declarations and their truth out."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import Executor
from dataclasses import dataclass

import pandas as pd

from customs_data.parallel import submit
from customs_data.profile import Profile, load_profile
from customs_data.world.configuration import Configuration
from customs_data.world.drawing.identifiers import DeclarationIds
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.paperwork import (
    name_agents,
    to_table,
)
from customs_data.world.posterior.bayes import Posterior
from customs_data.world.schemes import POSTERIORS, PRIORS, Occasions, check_schemes
from customs_data.world.setup import draw_setup, solve
from customs_data.world.simulation import Simulation
from customs_data.world.tables import (
    UNRECORDED_COLUMNS,
    declarations_table,
    importers_of,
    oracle_table,
    to_frame,
    truth_table,
)


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
