"""Training of `simulated_prior` on own worlds.

For each world and label rate, declarations of the test periods are described with the kept labels
as context (`LabelContext`). Trees learn their true probability. Worlds are kept in a folder, so
that training resumes; one of other features or another configuration is made again.
"""

from __future__ import annotations

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt

from customs_baselines.models.simulated_prior import make_context
from customs_baselines.priors.weights import SHIPPED, PriorWeights
from customs_data.edition.generating import Blueprint, read_blueprint, simulate_world
from customs_data.erasure import erase
from customs_data.keyed_random import derive, secret_of_seed
from customs_data.parallel import map_in_order, processes
from customs_data.schema import DECLARED_COLUMNS, ERASED
from studies.script import Study

#: Shares of the training declarations that keep a label, in worlds of even and of odd number.
LABEL_RATES: Final = ((0.01, 0.05), (0.02, 0.10))
_SEED: Final = "simulated prior"  # no edition of a published seed has one of these secrets
_ROWS: Final = 4000  # declarations drawn from a world, at each label rate
_SETTINGS: Final[dict[str, Any]] = {
    "objective": "cross_entropy",  # targets are probabilities
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "max_bin": 63,
    "seed": 0,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


def make_rows(blueprint: Blueprint, number: int) -> tuple[npt.NDArray[Any], list[str]]:
    """Describe declarations of one world.

    Returns
    -------
    ndarray of float32, shape (n_rates * rows, n_numbers + 1)
        The last column is the true probability, given the form.
    list of str
        Names of the numbers.
    """
    secret = derive(secret_of_seed(number), _SEED)
    world = simulate_world(blueprint, secret)
    n_train = world.period_rows[0]
    train, test = (
        part[list(DECLARED_COLUMNS)].reset_index(drop=True)
        for part in (world.declarations.iloc[:n_train], world.declarations.iloc[n_train:])
    )
    fraud = world.declarations["Fraud"].to_numpy()[:n_train].astype(np.int8)
    truth = world.oracle["Posterior Probability"].to_numpy()[n_train:]
    rng = np.random.default_rng(number)
    blocks = []
    for rate in LABEL_RATES[number % 2]:
        kept = erase(train, fraud, label_rate=rate, erasure="random", secret=secret)
        context = make_context().fit(train, np.where(kept, fraud, np.int8(ERASED)), test)
        rows = np.sort(rng.choice(len(test), min(_ROWS, len(test)), replace=False))
        numbers = context.describe(test.iloc[rows].reset_index(drop=True))
        blocks.append(np.column_stack([numbers, truth[rows].astype(np.float32)]))
    return np.vstack(blocks), context.names()


def _keep_rows(blueprint: Blueprint, folder: Path, number: int) -> tuple[Path, list[str]]:
    """Return the file of a world's rows and their names; make it if it is missing or outdated."""
    settings = json.dumps(blueprint.as_dict(), sort_keys=True, default=str)
    key = hashlib.sha256(f"{settings}\n{_ROWS}\n{LABEL_RATES}".encode()).hexdigest()[:12]
    path, names_path = folder / f"{key}-{number}.npy", folder / f"{key}-{number}.json"
    if not (path.is_file() and names_path.is_file()):
        rows, names = make_rows(blueprint, number)
        np.save(path, rows)
        names_path.write_text(json.dumps(names), encoding="utf-8")
    return path, json.loads(names_path.read_text(encoding="utf-8"))


def train_prior(
    blueprint: Blueprint, rows: npt.NDArray[Any], names: list[str], n_worlds: int, n_trees: int
) -> PriorWeights:
    """Fit the trees to the rows of all worlds (see `make_rows`)."""
    import lightgbm

    data = lightgbm.Dataset(
        np.ascontiguousarray(rows[:, :-1]), label=rows[:, -1].copy(), params={"max_bin": 63}
    )
    booster = lightgbm.train(_SETTINGS, data, num_boost_round=n_trees)
    configuration = blueprint.configuration
    return PriorWeights(
        f"{configuration.name} {configuration.version}",
        n_worlds,
        sorted(rate for rates in LABEL_RATES for rate in rates),
        names,
        booster.model_to_string(),
    )


@click.command(cls=Study)
@click.option("--config", default="practice", show_default=True, help="Configuration, or a file.")
@click.option("--worlds", type=click.IntRange(min=1), default=40, show_default=True)
@click.option(
    "--rows", type=click.IntRange(min=1000), help="Declarations of a world, if not as configured."
)
@click.option("--trees", type=click.IntRange(min=1), default=400, show_default=True)
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True)
@click.option(
    "--keep",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the worlds' rows; training resumes from it.",
)
@click.option(
    "--out",
    default=SHIPPED,
    type=click.Path(path_type=Path),
    help="The prior; that of the package by default.",
)
def main(
    config: str, worlds: int, rows: int | None, trees: int, workers: int, keep: Path, out: Path
) -> None:
    """Train `simulated_prior` on own worlds: about half a minute of one core for each.

    \b
    Example:
      python -m studies.train_prior --worlds 40 --keep build/prior
    """
    blueprint = read_blueprint(config=config, n_declarations=rows)
    keep.mkdir(parents=True, exist_ok=True)
    kept = []
    with processes(workers) as executor:
        make = partial(_keep_rows, blueprint, keep)
        for one in map_in_order(make, range(worlds), executor):
            kept.append(one)
            click.echo(f"{len(kept)} of {worlds} worlds", err=True)
    names = kept[-1][1]
    stacked = np.vstack([np.load(path) for path, own in kept if own == names])
    weights = train_prior(blueprint, stacked, names, len(kept), trees)
    weights.save(out)
    click.echo(f"{out}: {out.stat().st_size / 1e6:.2f} MB, {len(stacked):,} rows, {trees} trees")


if __name__ == "__main__":
    main()
