"""The worlds in the figures: declarations and the truth behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from customs_data.edition.generating import Blueprint, read_blueprint, simulate_world
from customs_data.keyed_random import secret_of_seed
from customs_data.profile import Profile

#: Published seeds of the worlds. No edition or table of results uses them, and they were not chosen
#: for their looks. A figure of a single world shows the first.
GUIDE_SEEDS: Final = tuple(range(2020, 2030))


@dataclass(frozen=True)
class Scene:
    """Data of the figures.

    Attributes
    ----------
    blueprint : Blueprint
        Settings of the worlds.
    worlds : tuple of DataFrame
        One row per declaration: the 22 columns of the schema; Fraud Probability and Scheme of the
        oracle; Cluster, Late Cluster and Look-alike of `customs_data.world.simulate.World`; Day
        (days since the first) and Price Deviation (ln of the unit price over the norm of the
        declared HS6).
    seeds : tuple of int
        Seeds of the worlds.
    period_days : tuple of int
        First day after the training, the public and the private period.
    """

    blueprint: Blueprint
    worlds: tuple[pd.DataFrame, ...]
    seeds: tuple[int, ...]
    period_days: tuple[int, ...]

    @property
    def world(self) -> pd.DataFrame:
        """World of the figures that show only one."""
        return self.worlds[0]

    @property
    def n_days(self) -> int:
        """Number of days in the three periods."""
        return self.period_days[-1]

    @property
    def profile(self) -> Profile:
        """Profile that the worlds are calibrated to."""
        return self.blueprint.profile


def make_scene(seeds: tuple[int, ...] = GUIDE_SEEDS, *, n_declarations: int | None = None) -> Scene:
    """Simulate the worlds of published seeds.

    Parameters
    ----------
    seeds : tuple of int
        At least one.
    n_declarations : int, optional
        Size of each world; by default that of the practice configuration.
    """
    blueprint = read_blueprint(n_declarations=n_declarations)
    worlds = tuple(_unveil(blueprint, seed) for seed in seeds)
    first_day = pd.Timestamp(blueprint.configuration.period.first_day)
    ends = (
        first_day + pd.DateOffset(months=int(n))
        for n in np.cumsum(blueprint.configuration.period.months)
    )
    return Scene(blueprint, worlds, seeds, tuple((end - first_day).days for end in ends))


def _unveil(blueprint: Blueprint, seed: int) -> pd.DataFrame:
    """Declarations with their truth beside them."""
    world = simulate_world(blueprint, secret_of_seed(seed))
    truth = world.oracle.drop(columns="Declaration ID")
    frame = pd.concat([world.declarations, truth, world.unrecorded], axis=1)
    first_day = pd.Timestamp(blueprint.configuration.period.first_day)
    values = blueprint.profile.values
    norm = frame["HS6 Code"].map(dict(zip(values.hs6, values.price_mean, strict=True)))
    unit_price = np.log(frame["Item Price"]) - np.log(frame["Net Mass"])
    return frame.assign(
        **{
            "Day": (frame["Date"] - first_day).dt.days,
            "Price Deviation": unit_price - norm.astype(float),
        }
    )
