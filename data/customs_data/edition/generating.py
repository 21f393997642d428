"""`data generate`: an edition simulated from a published seed or a secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd

from customs_data.edition.making import EditionPlan, make_edition
from customs_data.edition.manifest import PERIODS, Manifest
from customs_data.edition.writing.source import SimulatedSource
from customs_data.edition.writing.tables import EditionFormat
from customs_data.erasure import ERASURES
from customs_data.errors import KitError
from customs_data.exact_rates import exact_rate
from customs_data.keyed_random import derive, secret_of_seed
from customs_data.parallel import count_workers, threads
from customs_data.profile import Profile, load_profile
from customs_data.tasks import DEFAULT, find_task
from customs_data.toml import from_table
from customs_data.world.configuration import Configuration, load_configuration
from customs_data.world.schemes import check_schemes
from customs_data.world.simulate import World, prepare, simulate

#: Seed of the practice edition of the default task.
PRACTICE_SEED: Final = find_task().practice_seed

# Lines are numbered in 32 bits; a declaration has less than two.
_FEWEST, _MOST = 100, 1_000_000_000


@dataclass(frozen=True)
class Blueprint:
    """Everything but the secret that an edition is made from.

    Attributes
    ----------
    configuration : Configuration
        Settings of the world.
    profile : Profile
        Profile of real trade to which the world is calibrated.
    n_declarations : int
        Rows of all three periods.
    label_rate : float
        Share of the training declarations that keep a label, in (0, 1].
    erasure : str
        How the other labels are erased.
    with_links, with_decoys : bool
        Ablations; see `customs_data.world.simulate.simulate`.
    task : str
        What the edition asks.
    """

    configuration: Configuration
    profile: Profile = field(repr=False)
    n_declarations: int
    label_rate: float = 1.0
    erasure: str = "random"
    with_links: bool = True
    with_decoys: bool = True
    task: str = DEFAULT

    def __post_init__(self) -> None:
        exact_rate(self.label_rate, "label rate")
        if self.erasure not in ERASURES:
            raise KitError(f"Unknown erasure {self.erasure!r}: choose {', '.join(ERASURES)}.")
        task = find_task(self.task)
        if task.truth is None:
            raise KitError(f"The simulator has no answers for the task {self.task!r}.")
        if not _FEWEST <= self.n_declarations <= _MOST:
            raise KitError(
                f"An edition has {_FEWEST} to {_MOST:,} declarations, not {self.n_declarations:,}."
            )
        if problem := task.too_few(self.n_declarations):
            raise KitError(f"{problem}. Choose more rows, or another task.")

    def world_arguments(self) -> dict[str, Any]:
        """Return the arguments of `simulate` other than configuration and secret."""
        return {
            "n_declarations": self.n_declarations,
            "profile": self.profile,
            "with_links": self.with_links,
            "with_decoys": self.with_decoys,
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the blueprint as plain data, for the manifest (the profile by its SHA-256)."""
        return {
            "world": settings_of(self.configuration),
            "profile_sha256": self.profile.sha256,
            "n_declarations": self.n_declarations,
            "label_rate": self.label_rate,
            "erasure": self.erasure,
            "with_links": self.with_links,
            "with_decoys": self.with_decoys,
            **({"filled": [*self.profile.absent]} if self.profile.absent else {}),
        }


def settings_of(configuration: Configuration) -> dict[str, Any]:
    """Return a configuration as plain data, as in the manifest."""
    settings: dict[str, Any] = _plain(configuration.as_dict())
    return settings


def _plain(value: Any) -> Any:
    """Turn tuples into lists and dates into text, as in JSON."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def read_blueprint(
    *,
    config: Path | str | Mapping[str, Any] | None = None,
    profile: Path | None = None,
    n_declarations: int | None = None,
    **settings: Any,
) -> Blueprint:
    """Read configuration and profile from their files.

    Parameters
    ----------
    config : path, str or mapping, optional
        TOML file, the name of a shipped configuration, or one from a manifest; by default the
        task's.
    profile : path, optional
        Calibration; the shipped one by default.
    n_declarations : int, optional
        Rows; the configuration's by default.
    **settings
        Other fields of `Blueprint`.

    Raises
    ------
    KitError
        If a file is missing or not valid.
    """
    if isinstance(config, Mapping):
        configuration = from_table(Configuration, config, "The manifest's configuration")
    else:
        chosen = (
            find_task(settings.get("task", DEFAULT)).configuration if config is None else config
        )
        configuration = load_configuration(chosen)
    try:
        check_schemes(configuration.cheating, configuration.clusters.late_scheme)
    except ValueError as error:
        raise KitError(f"The configuration {configuration.name} cannot be used: {error}") from None
    calibration = load_profile(profile)
    rows = configuration.n_declarations if n_declarations is None else n_declarations
    return Blueprint(configuration, calibration, rows, **settings)


def generate_edition(
    blueprint: Blueprint,
    secret: bytes,
    out: Path | str,
    *,
    origin: str,
    seed: int | None = None,
    name: str | None = None,
    file_format: EditionFormat = "csv",
    executor: Executor | None = None,
    on_rows: Callable[[int], None] = lambda n: None,
) -> Manifest:
    """Simulate a world and write it as an edition.

    Parameters
    ----------
    blueprint : Blueprint
        What to simulate.
    secret : bytes
        Source of every random number, the nonce of the commitment included: the same secret and
        blueprint give the same bytes.
    out : path
        A new or empty folder.
    origin : {'published-seed', 'secret'}
        Whether the secret is public.
    seed : int, optional
        The published seed that the secret was made from, for the manifest.
    name : str, optional
        Name of the edition; the folder's name by default.
    file_format : {'csv', 'parquet', 'parts'}
        Format of the tables, as of `make_edition`.
    executor : Executor, optional
        Simulates and writes the months; the result does not depend on it. Workers must see the
        folder that `out` is in.
    on_rows : callable
        Called with the number of further declarations written.

    Raises
    ------
    KitError
        If the folder cannot be written.
    """
    task = find_task(blueprint.task)
    with threads(count_workers(executor)) as preparing:  # other processes would get the agents
        simulation = prepare(
            blueprint.configuration, secret, executor=preparing, **blueprint.world_arguments()
        )
    plan = EditionPlan(
        name=Path(out).name if name is None else name,
        origin=origin,
        configuration=blueprint.as_dict() | ({} if seed is None else {"seed": seed}),
        source=SimulatedSource(simulation, task),
        nonce=derive(secret, "nonce"),
        erasure_secret=derive(secret, "erasure"),
        label_rate=blueprint.label_rate,
        erasure=blueprint.erasure,
        secret=secret.hex(),
        task=task,
    )
    del simulation  # the source replaces it by one that its workers share
    return make_edition(plan, out, file_format=file_format, executor=executor, on_rows=on_rows)


def simulate_world(
    blueprint: Blueprint, secret: bytes, *, executor: Executor | None = None
) -> World:
    """Simulate the world of a blueprint."""
    return simulate(
        blueprint.configuration, secret, executor=executor, **blueprint.world_arguments()
    )


def split_periods(world: World) -> dict[str, pd.DataFrame]:
    """Split a world's declarations, sorted by date, into the three periods."""
    frames = {}
    start = 0
    for period, n_rows in zip(PERIODS, world.period_rows, strict=True):
        frames[period] = world.declarations.iloc[start : start + n_rows].reset_index(drop=True)
        start += n_rows
    return frames


def practice_blueprint(task: str = DEFAULT) -> Blueprint:
    """Return the blueprint of a task's practice edition (`Task.practice_seed`)."""
    return read_blueprint(task=task, n_declarations=find_task(task).practice_rows)


def make_practice_edition(out: Path, task: str = DEFAULT) -> Manifest:
    """Make the practice edition of a task, whose labels anyone can regenerate."""
    asked = find_task(task)
    return generate_edition(
        practice_blueprint(task),
        secret_of_seed(asked.practice_seed),
        out,
        origin="published-seed",
        seed=asked.practice_seed,
        name=asked.practice_name,
    )
