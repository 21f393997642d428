"""The ten-world table: what a configuration's worlds are like, measured on fresh secrets.

With 54,000 declarations, precision@5 % of one world has a standard error of about .025. A
configuration is therefore judged by means over worlds, with standard errors beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any, Final

import click
import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from customs_baselines.answering import fit_and_score
from customs_baselines.catalogue import find_baseline
from customs_baselines.contract import make_model
from customs_baselines.features.paper import PaperFeatures
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
from customs_data.split import Split
from customs_data.tasks import find_task
from customs_scorer.audit.evidence import AuditTest, Evidence, Skipped
from customs_scorer.audit.lookups import audit_best_lookup, audit_lookups
from customs_scorer.audit.traces import audit_traces
from customs_scorer.metrics.inspection import precision_at
from studies.script import Study, describe_blueprint, resume_results, save_results
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
#: Graph model that measures what links are worth: the cheapest.
GRAPH: Final = "mixed_effects_graph"
#: Label rates at which it does.
LABEL_RATES: Final = (1.0, 0.1)

Values = dict[str, float]


def measure_worlds(
    configuration: str,
    *,
    n_worlds: int,
    seed: int,
    path: Path | None = None,
    executor: Executor | None = None,
    fresh: bool = False,
    on_world: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Measure worlds of a configuration, after those that were measured before.

    Parameters
    ----------
    configuration : str
        Shipped name or TOML file.
    n_worlds : int
        Worlds to measure; at least two.
    seed : int
        Chooses their secrets; use one that nothing was tuned on.
    path : path, optional
        Results, saved after each world; worlds that it contains are not measured again.
    executor : Executor, optional
        Measures the worlds; best with processes.
    fresh : bool
        Ignore what is in `path`.
    on_world : callable
        Called after each world.

    Returns
    -------
    dict
        ``configuration``, ``version``, ``n_declarations``, ``sha256`` of the configuration,
        ``seed``, and ``worlds``: one dict per world, value by row of the table.

    Raises
    ------
    KitError
        If `n_worlds` is less than two, or `path` is of another configuration or seed.
    """
    if n_worlds < 2:
        raise KitError(f"Measure at least two worlds, not {n_worlds}: one has no standard error.")
    blueprint = read_blueprint(config=configuration)
    head = describe_blueprint(blueprint) | {"seed": seed}
    measured = resume_results(path, head, fresh=fresh)
    worlds: list[Values] = measured.setdefault("worlds", [])
    missing = range(len(worlds), n_worlds)
    measure = partial(measure_world, blueprint)
    secrets = [derive(secret_of_seed(seed), "measured world", str(i)) for i in missing]
    for values in map_in_order(measure, secrets, executor):
        worlds.append(values)
        if path is not None:
            save_results(measured, path)
        on_world()
    return measured


def measure_world(blueprint: Blueprint, secret: bytes) -> Values:
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
    every = (*audit_lookups(evidence), *audit_best_lookup(evidence))
    tests = [test for test in every if isinstance(test, AuditTest)]
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


def _audited(tests: Iterable[AuditTest | Skipped], names: tuple[str, ...]) -> Values:
    values = {test.name: float(test.value) for test in tests if isinstance(test, AuditTest)}
    return {name: values[name] for name in names}


def _graph(split: Split, public: pd.DataFrame) -> Values:
    values: Values = {}
    for rate in LABEL_RATES:
        for name, title in (("xgboost", "kit xgboost"), (GRAPH, GRAPH)):
            precision = _precision_with_public(name, split, public, rate)
            values[f"{title} @5 %, {rate:.0%} labels"] = precision
    paper = precision_at(split.y_test, _score("xgboost", split, recipe="paper"), 0.05)
    values["kit xgboost over paper xgboost @5 %"] = values["kit xgboost @5 %, 100% labels"] - paper
    values[f"{GRAPH} over kit xgboost @5 %, 10 % labels"] = (
        values[f"{GRAPH} @5 %, 10% labels"] - values["kit xgboost @5 %, 10% labels"]
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
        precision = _precision_with_public(GRAPH, split, periods["public"], rate)
        values[f"{GRAPH} without links @5 %, {rate:.0%} labels"] = precision
        values[f"links, {GRAPH} @5 %, {100 * rate:.0f} % labels"] = (
            linked[f"{GRAPH} @5 %, {rate:.0%} labels"] - precision
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
@click.option("--fresh", is_flag=True, help="Discard earlier results.")
def main(config: str, worlds: int, seed: int, workers: int, out: Path, fresh: bool) -> None:
    """Measure what worlds of a configuration are like: the ten-world table.

    Measures classic models, look-ups, and the value of the graph and of the rings' links, in the
    worlds that OUT lacks; prints mean and standard error over worlds as a Markdown table.

    \b
    Example:
      python -m studies.worlds --out worlds.json
    """
    with processes(workers) as executor:
        measured = measure_worlds(
            config,
            n_worlds=worlds,
            seed=seed,
            path=out,
            executor=executor,
            fresh=fresh,
            on_world=lambda: click.echo("another world measured", err=True),
        )
    click.echo(worlds_table(measured))


if __name__ == "__main__":
    main()
