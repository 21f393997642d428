"""Other worlds of the simulator, whose networks are all known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.organisations.importers import Importers
from customs_data.edition.generating import Blueprint, read_blueprint, simulate_world
from customs_data.keyed_random import derive, secret_of_seed
from customs_data.schema import DECLARED_COLUMNS
from customs_data.tasks.networks import CONFIGURATION, KNOWN_SHARE

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class OtherWorld:
    """Importers with their true groups.

    Attributes
    ----------
    importers : Importers
    group : ndarray of int64, shape (n_importers,)
        Network, else firm.
    """

    importers: Importers
    group: Codes

    def choose_asked(self, random_state: int) -> npt.NDArray[np.bool_]:
        """Return which importers are asked, as many as in an edition, shape (n_importers,)."""
        rng = np.random.default_rng(random_state)
        return rng.random(len(self.group)) >= KNOWN_SHARE


def make_other_worlds(
    blueprint: Blueprint | None, n_worlds: int, n_declarations: int, random_state: int
) -> Iterator[OtherWorld]:
    """Simulate worlds one by one, as large as the edition.

    Parameters
    ----------
    blueprint : Blueprint or None
        By default the configuration made for the task.
    n_worlds, n_declarations : int
    random_state : int
        Chooses their secrets.
    """
    chosen = blueprint or read_blueprint(config=CONFIGURATION)
    chosen = replace(chosen, n_declarations=n_declarations)
    for number in range(n_worlds):
        secret = derive(secret_of_seed(random_state), "networks transfer", str(number))
        world = simulate_world(chosen, secret)
        importers = Importers(world.declarations[list(DECLARED_COLUMNS)])
        networks = world.networks.set_index("Importer ID").loc[list(importers.ids)]
        group = networks["Network"].where(networks["Network"] != "", networks["Firm"])
        yield OtherWorld(importers, pd.factorize(group)[0].astype(np.int64))
