"""The scorecard `lite` beside `risk_profile`, on ten worlds and at every label rate."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any, Final

import click
import duckdb

from customs_baselines.answering import fit_and_score
from customs_baselines.experiments.markdown_tables import put_table
from customs_baselines.experiments.results_file import read_json
from customs_baselines.experiments.statistics import t_interval
from customs_baselines.lite.estimator import LiteScorecard
from customs_baselines.lite.export import lists_sql, score_sql
from customs_baselines.models.risk_profile import RiskProfile
from customs_data.edition.generating import (
    Blueprint,
    read_blueprint,
    simulate_world,
    split_periods,
)
from customs_data.erasure import erase
from customs_data.errors import KitError
from customs_data.keyed_random import derive, secret_of_seed
from customs_data.split import Split
from customs_data.tasks import find_task
from customs_scorer.metrics.inspection import precision_at
from studies.script import Study, describe_blueprint, resume_results, save_results
from studies.worlds_table import Target

LABEL_RATES: Final = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
#: By how much the scorecard may be below `risk_profile`, on average over worlds.
ALLOWED: Final = Target(-0.03, None)

Values = dict[str, float]


def measure_worlds(
    *,
    n_worlds: int,
    seed: int,
    n_declarations: int | None = None,
    path: Path | None = None,
    fresh: bool = False,
    on_world: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Measure both models on the worlds of `studies.worlds`, after those measured before.

    Parameters
    ----------
    n_worlds : int
    seed : int
        Chooses the secrets; nothing was tuned on those of 2026.
    n_declarations : int, optional
        Declarations of a world; the configuration's by default.
    path : path, optional
        Results, saved after each world; worlds that it contains are not measured again.
    fresh : bool
        Ignore what is in `path`.
    on_world : callable
        Called after each world.

    Returns
    -------
    dict
        Facts of the configuration, ``seed``, and ``worlds``: values by label rate for each.

    Raises
    ------
    KitError
        If `path` is of another configuration or seed.
    """
    blueprint = read_blueprint(n_declarations=n_declarations)
    measured = resume_results(path, describe_blueprint(blueprint) | {"seed": seed}, fresh=fresh)
    worlds: list[dict[str, Values]] = measured.setdefault("worlds", [])
    for number in range(len(worlds), n_worlds):
        secret = derive(secret_of_seed(seed), "measured world", str(number))
        worlds.append(measure_world(blueprint, secret))
        if path is not None:
            save_results(measured, path)
        on_world()
    return measured


def measure_world(blueprint: Blueprint, secret: bytes) -> dict[str, Values]:
    """Return the values of one world by label rate; precision is on its private period."""
    periods = split_periods(simulate_world(blueprint, secret))
    full = Split.of_frames(find_task(), periods["train"], periods["private"])
    values = {}
    for rate in LABEL_RATES:
        kept = erase(
            full.train, full.y, label_rate=rate, erasure="random", secret=secret_of_seed(0)
        )
        split = full.with_labels(kept)
        lite = LiteScorecard(random_state=0)
        scores = {
            "lite": fit_and_score(lite, split),
            "risk_profile": fit_and_score(RiskProfile(random_state=0), split),
        }
        card = lite.scorecard_
        values[f"{rate:g}"] = {
            **{name: precision_at(full.y_test, it, 0.05) for name, it in scores.items()},
            "rules": len(card.rules),
            "values": sum(len(rule.values) for rule in card.rules),
            "differently in SQL": _differences_in_sql(lite, split),
        }
    return values


def _differences_in_sql(model: LiteScorecard, split: Split) -> int:
    """Return how many declarations SQLite or DuckDB scores differently from the model."""
    card = model.scorecard_
    points = dict(zip(split.keys, card.points(split.test).tolist(), strict=True))
    dates = split.test["Date"].dt.strftime("%Y-%m-%d")
    texts = split.test.assign(Date=dates).astype(object).where(split.test.notna(), None)
    statements, select = lists_sql(card), score_sql(card)
    with sqlite3.connect(":memory:") as database:
        texts.to_sql("declarations", database, index=False)
        database.executescript(statements)
        rows = database.execute(select).fetchall()
    duck = duckdb.connect()
    duck.register("declarations", texts)
    duck.execute(statements)
    others = dict(duck.execute(select).fetchall())
    in_sqlite = dict(rows)
    return sum(
        not (in_sqlite.get(key) == others.get(key) == value) for key, value in points.items()
    )


def lite_table(measured: dict[str, Any]) -> str:
    """Return the Markdown table of results."""
    worlds = measured["worlds"]
    lines = [
        "| labels | `risk_profile` @5 % | `lite` @5 % | difference | 95 % interval | at least "
        "-.03 | rules | values on lists |",
        "| ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: |",
    ]
    for rate in LABEL_RATES:
        rows = [world[f"{rate:g}"] for world in worlds]
        differences = [row["lite"] - row["risk_profile"] for row in rows]
        low, high = t_interval(differences)
        means = [mean(row[name] for row in rows) for name in ("risk_profile", "lite")]
        sizes = [mean(row[name] for row in rows) for name in ("rules", "values")]
        holds = "yes" if ALLOWED.holds(mean(differences)) else "**no**"
        lines.append(
            f"| {100 * rate:g} % | {means[0]:.3f} | {means[1]:.3f} | {mean(differences):+.3f} | "
            f"{low:+.3f} .. {high:+.3f} | {holds} | {sizes[0]:.1f} | {sizes[1]:,.0f} |"
        )
    different = sum(row["differently in SQL"] for world in worlds for row in world.values())
    return "\n".join(
        [
            *lines,
            "",
            f"Precision on Private, means over {len(worlds)} worlds with secrets of seed "
            f"{measured['seed']}: configuration `{measured['configuration']}` version "
            f"{measured['version']}, {measured['n_declarations']:,} declarations. Differences are "
            "paired by world, intervals Student's t. Declarations that SQLite or DuckDB scores "
            f"differently from the model: {different}.",
        ]
    )


@click.command(cls=Study)
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
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Results, as JSON.")
@click.option("--write", type=click.Path(path_type=Path), help="Document to put the table in.")
@click.option("--check", type=click.Path(path_type=Path), help="Document that must have it.")
@click.option("--fresh", is_flag=True, help="Discard earlier results.")
def main(
    worlds: int, seed: int, out: Path, write: Path | None, check: Path | None, fresh: bool
) -> None:
    """Compare the scorecard lite with risk_profile, and its SQL with the model.

    \b
    Example:
      python -m studies.lite_study --out lite.json --write baselines/MODELS.md
    """
    if check is not None:
        measured = read_json(out)
        if not isinstance(measured, dict) or len(measured.get("worlds", ())) < 2:
            raise KitError(f"{out} does not contain measured worlds.")
    else:
        measured = measure_worlds(
            n_worlds=worlds,
            seed=seed,
            path=out,
            fresh=fresh,
            on_world=lambda: click.echo("another world measured", err=True),
        )
    table = lite_table(measured)
    if document := write or check:
        put_table(document, "lite", table, check=check is not None)
    click.echo(table)


if __name__ == "__main__":
    main()
