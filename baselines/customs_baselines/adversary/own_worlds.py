"""Worlds whose hidden clusters are known: own ones, and an edition made again by its organizer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from customs_baselines.steps import step
from customs_data.columns.grouping import Group
from customs_data.columns.matching import arrow_text, match_ids
from customs_data.edition.generating import Blueprint, simulate_world
from customs_data.edition.hidden import load_secret
from customs_data.edition.loading import Edition
from customs_data.edition.reveal import blueprint_of
from customs_data.errors import KitError
from customs_data.keyed_random import derive, secret_of_seed
from customs_data.schema import DECLARED_COLUMNS, KEY
from customs_data.world.simulate import World


@dataclass(frozen=True)
class KnownWorld:
    """Declarations whose clusters are known.

    Attributes
    ----------
    X : DataFrame, shape (n_rows, 20)
        Declared columns.
    cluster : ndarray of int64, shape (n_rows,)
        Ring or decoy for which the declaration's line works, -1 for none.
    """

    X: pd.DataFrame
    cluster: Group


def make_own_worlds(
    blueprint: Blueprint, n_worlds: int, *, n_declarations: int, random_state: int = 0
) -> list[KnownWorld]:
    """Simulate worlds of a configuration, as large as the one to be attacked."""
    blueprint = replace(blueprint, n_declarations=n_declarations)
    worlds = []
    for i in range(n_worlds):
        with step(f"own world {i + 1} of {n_worlds}"):
            secret = derive(secret_of_seed(random_state), "adversary", str(i))
            worlds.append(known_world(simulate_world(blueprint, secret)))
    return worlds


def known_world(world: World) -> KnownWorld:
    """Return a simulated world with its clusters."""
    return KnownWorld(world.declarations[list(DECLARED_COLUMNS)], _clusters(world))


def know_edition(edition: Edition, profile: Path | None = None) -> KnownWorld:
    """Return an organizer's edition with its clusters, which no file of it contains.

    The world is made again from the secret in hidden/.

    Parameters
    ----------
    edition : Edition
        A simulated one.
    profile : path, optional
        Calibration of the edition, if it is not the shipped one.

    Raises
    ------
    KitError
        If there is no secret, or it does not give this edition.
    """
    secret = load_secret(edition.layout).get("secret") if edition.layout.has_hidden else None
    if secret is None:
        raise KitError(
            "The hidden clusters are known only where hidden/ contains the generator's secret: "
            "audit the organizer's copy."
        )
    world = simulate_world(blueprint_of(edition.manifest, profile), bytes.fromhex(secret))
    X = pd.concat([edition.train, edition.test], ignore_index=True)
    places = match_ids(arrow_text(X[KEY]), arrow_text(world.declarations[KEY]))
    importers = world.declarations["Importer ID"].to_numpy()[places]
    if (places < 0).any() or (importers != X["Importer ID"].to_numpy()).any():
        raise KitError(
            "The secret in hidden/ does not give this edition: check it with `data verify`."
        )
    return KnownWorld(X, _clusters(world)[places])


def _clusters(world: World) -> Group:
    name = world.unrecorded["Cluster"]
    code = pd.factorize(name)[0].astype(np.int64)
    return np.where(name.to_numpy() == "", -1, code)
