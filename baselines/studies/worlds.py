"""The ten-world table: what a configuration's worlds are like, measured on fresh secrets.

With 54,000 declarations, precision@5 % of one world has a standard error of about .025. A
configuration is therefore judged by means over worlds, with standard errors beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from statistics import mean
from typing import Any, Final

import click
import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from customs_baselines.catalogue import find_baseline
from customs_baselines.contract import fit_and_score, make_model
from customs_baselines.features.paper import PaperFeatures
from customs_baselines.models.simulator_transfer import SimulatorTransfer
from customs_data.edition.generating import (
    Blueprint,
    read_blueprint,
    simulate_world,
    split_periods,
)
from customs_data.erasure import erase
from customs_data.errors import KitError
from customs_data.keyed_random import derive, secret_of_seed
from customs_data.parallel import map_in_order, processes
from customs_data.schema import DECLARED_COLUMNS, ERASED
from customs_data.split import Split
from customs_data.tasks import find_task
from customs_scorer.audit.evidence import AuditTest, Evidence
from customs_scorer.audit.lookups import audit_best_lookup, audit_lookups
from customs_scorer.audit.traces import audit_traces
from customs_scorer.metrics.inspection import precision_at
from studies.script import Study, save_results
from studies.worlds_table import worlds_table

#: Classic models, with recipe paper: those of the paper's Table 3.
CLASSIC_MODELS: Final = (
    "logistic_regression",
    "decision_tree",
    "adaboost",
    "random_forest",
    "xgboost",
    "lightgbm",
)
#: Label rates at which the value of the graph is measured.
LABEL_RATES: Final = (1.0, 0.1)

Values = dict[str, float]


def measure_worlds(
    configuration: str,
    *,
    n_worlds: int,
    seed: int,
    executor: Executor | None = None,
    on_world: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Measure worlds of a configuration.

    Parameters
    ----------
    configuration : str
        Shipped name or TOML file.
    n_worlds : int
        Worlds to measure; at least two.
    seed : int
        Chooses their secrets; use one that nothing was tuned on.
    executor : Executor, optional
        Measures the worlds; best with processes.
    on_world : callable
        Called after each world.

    Returns
    -------
    dict
        ``configuration``, ``version``, ``n_declarations``, ``seed``, and ``worlds``: one dict per
        world, value by row of the table.
    """
    if n_worlds < 2:
        raise KitError(f"Measure at least two worlds, not {n_worlds}: one has no standard error.")
    blueprint = read_blueprint(config=configuration)
    shape = simulate_world(blueprint, derive(secret_of_seed(seed), "shape")).declarations
    transfer = SimulatorTransfer(blueprint=blueprint, random_state=seed)
    declared = shape[list(DECLARED_COLUMNS)]
    transfer.fit(declared, np.full(len(declared), ERASED, dtype=np.int8))
    worlds = map_in_order(
        partial(measure_world, blueprint, transfer),
        [derive(secret_of_seed(seed), "measured world", str(i)) for i in range(n_worlds)],
        executor,
        n_ahead=n_worlds,
        on_done=lambda secret, world: on_world(),
    )
    return {
        "configuration": blueprint.configuration.name,
        "version": blueprint.configuration.version,
        "n_declarations": blueprint.n_declarations,
        "seed": seed,
        "worlds": list(worlds),
    }


def measure_world(blueprint: Blueprint, transfer: SimulatorTransfer, secret: bytes) -> Values:
    """Return the values of one world by row of the table; all scores are on its private period."""
    world = simulate_world(blueprint, secret)
    periods = split_periods(world)
    train, private = periods["train"], periods["private"]
    split = Split.of_frames(find_task(), train, private)
    evidence = Evidence(split)
    everything = world.declarations
    oracle = world.oracle.iloc[-len(private) :]
    new_importer = ~private["Importer ID"].isin(train["Importer ID"])
    values = {
        "fraud rate": float((everything["Fraud"] == 1).mean()),
        "critical rate": float((everything["Critical Fraud"] == 2).mean()),
        "unseen importers, Private": float(new_importer.mean()),
    }
    for name, column in (("prior", "Fraud Probability"), ("posterior", "Posterior Probability")):
        values |= _precisions(f"{name} oracle", split, oracle[column].to_numpy(np.float64))
    values |= _classic_models(split)
    values |= _lookups(evidence, values)
    values |= _audited(audit_traces(evidence), ("Declaration ID", "row order"))
    values |= _graph(split, periods["public"])
    unlinked = simulate_world(replace(blueprint, with_links=False), secret)
    values |= _without_links(split_periods(unlinked), values)
    transfer.context_ = everything[list(DECLARED_COLUMNS)]
    transferred = transfer.predict_proba(split.test)[:, 1]
    values |= _precisions("simulator_transfer", split, transferred)
    values["simulator_transfer @5 %, under logistic_regression"] = (
        values["paper logistic_regression @5 %"] - values["simulator_transfer @5 %"]
    )
    return values


def _precisions(name: str, split: Split, scores: Any) -> Values:
    return {f"{name} @{n} %": precision_at(split.y_test, scores, n / 100) for n in (5, 10)}


def _score(name: str, split: Split, **offered: Any) -> Any:
    model = make_model(find_baseline(name).load_class(), {"random_state": 0, **offered})
    return fit_and_score(model, split)


def _classic_models(split: Split) -> Values:
    values: Values = {}
    for name in CLASSIC_MODELS:
        values |= _precisions(f"paper {name}", split, _score(name, split, recipe="paper"))
    values |= _precisions("decision tree of depth 8, paper features", split, _shallow_tree(split))
    for n in (5, 10):
        for group, members in (
            ("single trees and AdaBoost", ("decision_tree", "adaboost")),
            ("boosted trees", ("xgboost", "lightgbm")),
        ):
            values[f"paper {group}, mean @{n} %"] = mean(
                values[f"paper {member} @{n} %"] for member in members
            )
    values["boosted trees over random_forest @5 %"] = (
        values["paper boosted trees, mean @5 %"] - values["paper random_forest @5 %"]
    )
    return values


def _shallow_tree(split: Split) -> Any:
    """Scores of a tree with few leaves; the library's default grows it to the last row."""
    features = PaperFeatures()
    tree = DecisionTreeClassifier(max_depth=8, random_state=0)
    tree.fit(features.fit_transform(split.train), split.y)
    return tree.predict_proba(features.transform(split.test))[:, 1]


def _lookups(evidence: Evidence, scores: Values) -> Values:
    tests = [*audit_lookups(evidence), *audit_best_lookup(evidence)]
    six_tuple, best = _audited(
        tests, ("six-tuple look-up", "best look-up on up to three columns")
    ).values()
    return {
        "lookup @5 %": six_tuple,
        "best look-up @5 %": best,
        "best paper model over best look-up @5 %": (
            max(scores[f"paper {name} @5 %"] for name in CLASSIC_MODELS) - best
        ),
        **_audited(
            tests,
            (
                "exact Net Mass look-up",
                "exact Item Price look-up",
                "twins across the split",
                "twins' labels agree by chance only",
            ),
        ),
    }


def _audited(tests: Iterable[AuditTest], names: tuple[str, ...]) -> Values:
    values = {test.name: float(test.value) for test in tests}
    return {name: values[name] for name in names}


def _graph(split: Split, public: pd.DataFrame) -> Values:
    values: Values = {}
    for rate in LABEL_RATES:
        for name, title in (("xgboost", "kit xgboost"), ("xgboost_graph", "xgboost_graph")):
            precision = _precision_with_public(name, split, public, rate)
            values[f"{title} @5 %, {rate:.0%} labels"] = precision
    paper = precision_at(split.y_test, _score("xgboost", split, recipe="paper"), 0.05)
    values["kit xgboost over paper xgboost @5 %"] = values["kit xgboost @5 %, 100% labels"] - paper
    values["xgboost_graph over kit xgboost @5 %, 10 % labels"] = (
        values["xgboost_graph @5 %, 10% labels"] - values["kit xgboost @5 %, 10% labels"]
    )
    return values


def _precision_with_public(name: str, split: Split, public: pd.DataFrame, rate: float) -> float:
    """precision@5 % on Private of a model that is also given the public declarations to score."""
    kept = erase(split.train, split.y, label_rate=rate, erasure="random", secret=secret_of_seed(0))
    test = pd.concat([public[list(split.test)], split.test], ignore_index=True)
    scores = _score(name, replace(split.with_labels(kept), test=test), recipe="kit")
    return precision_at(split.y_test, scores[len(public) :], 0.05)


def _without_links(periods: dict[str, pd.DataFrame], linked: Values) -> Values:
    """Precision in the world whose rings use ordinary brokers and sellers, and the loss."""
    split = Split.of_frames(find_task(), periods["train"], periods["private"])
    values = {}
    for rate in LABEL_RATES:
        precision = _precision_with_public("xgboost_graph", split, periods["public"], rate)
        values[f"xgboost_graph without links @5 %, {rate:.0%} labels"] = precision
        values[f"links, xgboost_graph @5 %, {100 * rate:.0f} % labels"] = (
            linked[f"xgboost_graph @5 %, {rate:.0%} labels"] - precision
        )
    return values


@click.command(cls=Study)
@click.option(
    "--config",
    default="practice",
    show_default=True,
    help="Configuration: a shipped name or a TOML file.",
)
@click.option(
    "--worlds", type=click.IntRange(min=2), default=10, show_default=True, help="Worlds to measure."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=2026,
    show_default=True,
    help="Chooses the secrets; use one that nothing was tuned on.",
)
@click.option(
    "--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes."
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Results, as JSON.")
def main(config: str, worlds: int, seed: int, workers: int, out: Path) -> None:
    r"""Measure what worlds of a configuration are like: the ten-world table.

    Measures classic models, look-ups, the value of the graph and of the rings' links, and what the
    simulator's own code gives away. Prints mean and standard error over worlds as a Markdown table.
    Takes about ten minutes on two cores.

    \b
    Example:
      python -m studies.worlds --out worlds.json
    """
    numbers = count(1)
    with processes(workers) as executor:
        measured = measure_worlds(
            config,
            n_worlds=worlds,
            seed=seed,
            executor=executor,
            on_world=lambda: click.echo(f"{next(numbers)} of {worlds} worlds measured", err=True),
        )
    save_results(measured, out)
    click.echo(worlds_table(measured))


if __name__ == "__main__":
    main()
