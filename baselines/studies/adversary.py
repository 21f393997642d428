"""What a team that has read the simulator's code gets out of fresh worlds, and at what labels."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.adversary.audit import LABEL_RATES, N_OWN_WORLDS, keep_labels
from customs_baselines.adversary.detector import ClusterDetector
from customs_baselines.adversary.forms import compare_forms
from customs_baselines.adversary.group_column import score_with_groups
from customs_baselines.adversary.keyed_rows import KeyedRows
from customs_baselines.adversary.own_worlds import known_world, make_own_worlds
from customs_baselines.adversary.recovery import measure_recovery
from customs_baselines.adversary.seller_rule import join_by_sellers
from customs_baselines.answering import fit_and_score
from customs_baselines.catalogue import find_baseline
from customs_baselines.contract import accepted_keywords, make_model
from customs_baselines.models.simulator_transfer import SimulatorTransfer
from customs_data.edition.generating import Blueprint, read_blueprint, simulate_world
from customs_data.keyed_random import secret_of_seed
from customs_data.parallel import map_in_order, processes
from customs_data.schema import DECLARED_COLUMNS, ERASED
from customs_data.split import Split
from customs_data.tasks import find_task
from customs_data.world.simulate import World, prepare
from customs_scorer.audit.evidence import Evidence
from customs_scorer.metrics.inspection import precision_at
from studies.script import Study, describe_blueprint, resume_results, save_results

#: Models that say something without a label, beside `simulator_transfer`.
WITHOUT_LABELS: Final[tuple[str, ...]] = ("structured_likelihood", "simulated_prior")
_SMALLER: Final = 10_000  # declarations of the second world of one secret

Values = dict[str, float]


def measure_without_labels(
    seeds: tuple[int, ...],
    path: Path,
    *,
    config: str = "practice",
    executor: Executor | None = None,
    fresh: bool = False,
    on_world: Callable[[int], None] = lambda seed: None,
) -> dict[str, Any]:
    """Measure recovery, transfer and traces on the worlds of some seeds.

    Parameters
    ----------
    seeds : tuple of int
        Worlds, as in a grid; use some that nothing was tuned on.
    path : path
        Results; worlds that it contains are not measured again.
    config : str
        Shipped configuration or TOML file.
    executor : Executor, optional
        Measures the worlds.
    fresh : bool
        Ignore what is in `path`.
    on_world : callable
        Called with the seed of each world that was measured.

    Returns
    -------
    dict
        ``configuration``, ``version``, ``n_declarations``, ``sha256`` of the configuration, and
        ``worlds``: values by seed.

    Raises
    ------
    KitError
        If `path` is of another configuration.
    """
    blueprint = read_blueprint(config=config)
    head = describe_blueprint(blueprint)
    results = resume_results(path, head, fresh=fresh)
    worlds: dict[str, Values] = results.setdefault("worlds", {})
    missing = [seed for seed in seeds if str(seed) not in worlds]
    if missing:
        attackers = train_attackers(blueprint)

        def save(seed: int, values: Values) -> None:
            worlds[str(seed)] = values
            kept = {str(one): worlds[str(one)] for one in seeds if str(one) in worlds}
            save_results(head | {"worlds": kept}, path)
            on_world(seed)

        list(
            map_in_order(
                partial(measure_world, blueprint, attackers),
                missing,
                executor,
                n_ahead=len(missing),
                on_done=save,
            )
        )
    return head | {"worlds": {str(seed): worlds[str(seed)] for seed in seeds}}


@dataclass(frozen=True)
class Attackers:
    """What learned on own worlds, once for all worlds of the study."""

    detector: ClusterDetector
    transfer: SimulatorTransfer


def train_attackers(blueprint: Blueprint) -> Attackers:
    """Train detector and transfer on own worlds of a configuration."""
    n_rows = blueprint.n_declarations
    worlds = make_own_worlds(blueprint, N_OWN_WORLDS, n_declarations=n_rows)
    transfer = SimulatorTransfer(blueprint=blueprint)
    # It reads the number of these declarations only; the edition's own come later.
    transfer.fit(worlds[0].X, np.full(n_rows, ERASED, dtype=np.int8))
    return Attackers(ClusterDetector().fit(worlds), transfer)


def measure_world(blueprint: Blueprint, attackers: Attackers, seed: int) -> Values:
    """Return the values of one world; all scores are precision@5 % on Private."""
    secret = secret_of_seed(seed)
    world = simulate_world(blueprint, secret)
    n_train, n_public, _ = world.period_rows
    parts = (slice(0, n_train), slice(n_train + n_public, None))
    train, private = (world.declarations.iloc[part].reset_index(drop=True) for part in parts)
    split = Split.of_frames(find_task(), train, private)
    return {
        **_recovered(world, attackers.detector, Evidence(split), parts),
        **_transferred(attackers.transfer, world, split),
        "frauds that leave a trace": _traces(world),
        "pace: correlation with rows of a shell": _pace(blueprint, secret, world),
        "importers in common with a smaller world of the secret": _in_common(
            blueprint, secret, world
        ),
    }


def _recovered(
    world: World, detector: ClusterDetector, evidence: Evidence, parts: tuple[slice, slice]
) -> Values:
    """Recovery by rule and by the detector, and what its groups are worth as a column."""
    known = known_world(world)
    by_rule = measure_recovery(join_by_sellers(KeyedRows(known.X)), known.cluster)
    group = detector.groups(known.X)
    learned = measure_recovery(group, known.cluster)
    values = {
        "rule: B-cubed precision": by_rule.precision,
        "detector: recall": learned.recall,
        "detector: purity": learned.purity,
        "detector: recall x purity": learned.recall_x_purity,
        "detector: B-cubed precision": learned.precision,
        "detector: B-cubed recall": learned.completeness,
        "detector: B-cubed precision x recall": learned.b_cubed,
    }
    columns = {
        "lightgbm_team with groups": (group[parts[0]], group[parts[1]]),
        "lightgbm_team with true clusters": (known.cluster[parts[0]], known.cluster[parts[1]]),
    }
    for rate in LABEL_RATES:
        y = keep_labels(evidence, rate)
        for name, column in columns.items():
            scores = score_with_groups(evidence.train, y, evidence.later, column)
            values[f"{name}, {rate:.0%}"] = precision_at(evidence.y_later, scores, 0.05)
    return values


def _transferred(transfer: SimulatorTransfer, world: World, split: Split) -> Values:
    """Scores of models without a label, as they are and reversed, and logistic regression."""
    linear = make_model(find_baseline("logistic_regression").load_class(), {"recipe": "paper"})
    values = {
        "logistic regression, all labels": precision_at(
            split.y_test, fit_and_score(linear, split), 0.05
        )
    }
    declared = world.declarations[list(DECLARED_COLUMNS)]
    transfer.context_ = declared
    scores = {"simulator_transfer": transfer.predict_proba(split.test)[:, 1]}
    n_train = len(split.train)
    for name in WITHOUT_LABELS:
        test = declared.iloc[n_train:].reset_index(drop=True)
        of_both = _score_without_labels(name, split.train, test)
        scores[name] = of_both[-len(split.test) :]
    for name, score in scores.items():
        both = [precision_at(split.y_test, sign * score, 0.05) for sign in (1, -1)]
        values[f"{name}, no labels"] = both[0]
        values[f"{name}, no labels, better orientation"] = max(both)
    return values


def _score_without_labels(
    name: str, train: pd.DataFrame, test: pd.DataFrame
) -> npt.NDArray[np.float64]:
    model: Any = make_model(find_baseline(name).load_class(), {"random_state": 0})
    y = np.full(len(train), ERASED, dtype=np.int8)
    offered = accepted_keywords(model.fit, {"X_test": test, "y_critical": y.copy()})
    scores = model.fit(train, y, **offered).predict_proba(test)
    return np.asarray(scores, dtype=np.float64)[:, 1]


def _traces(world: World) -> float:
    counts = compare_forms(world.declarations, world.truth, world.oracle["Scheme"])
    return float(1.0 - counts["equal"].sum() / counts["frauds"].sum())


def _pace(blueprint: Blueprint, secret: bytes, world: World) -> float:
    """Correlation over clusters of ln drawn and ln true declarations of a shell."""
    setup = prepare(blueprint.configuration, secret, **blueprint.world_arguments()).setup
    drawn = dict(
        zip(setup.cluster_names.to_pylist(), setup.population.clusters.shell_rows, strict=False)
    )
    rows = world.declarations["Importer ID"].value_counts()
    shells = world.networks[world.networks["Network"] != ""]
    mean = rows.reindex(shells["Importer ID"]).groupby(shells["Network"].to_numpy()).mean()
    expected = np.log([drawn[name] for name in mean.index])
    return float(np.corrcoef(expected, np.log(mean.to_numpy()))[0, 1])


def _in_common(blueprint: Blueprint, secret: bytes, world: World) -> float:
    """Share of the importer IDs that a smaller world of the same secret has, too."""
    smaller = simulate_world(replace(blueprint, n_declarations=_SMALLER), secret)
    ids = [set(one.declarations["Importer ID"]) for one in (smaller, world)]
    return len(ids[0] & ids[1]) / len(ids[0])


@click.command(cls=Study)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="Measures without labels, JSON."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=31000,
    show_default=True,
    help="First seed of the worlds; use some that nothing was tuned on.",
)
@click.option(
    "--worlds", type=click.IntRange(min=2), default=10, show_default=True, help="Worlds to measure."
)
@click.option(
    "--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes."
)
@click.option("--fresh", is_flag=True, help="Discard earlier results.")
def main(out: Path, seed: int, worlds: int, workers: int, fresh: bool) -> None:
    """Measure what a team that has read the simulator's code gets out of fresh worlds.

    Measures the worlds that OUT lacks. Models of the catalogue are not part of it: `make scarcity`
    runs them on the same worlds, and `studies.adversary_table` shows both.

    \b
    Example:
      python -m studies.adversary --out adversary.json
    """
    with processes(workers) as executor:
        measure_without_labels(
            tuple(range(seed, seed + worlds)),
            out,
            executor=executor,
            fresh=fresh,
            on_world=lambda done: click.echo(f"world {done} measured", err=True),
        )


if __name__ == "__main__":
    main()
