"""Tables of the task networks: models, targets, and what worlds and importers are like."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Final

import click

from customs_baselines.catalogue import list_baselines, marks_of
from customs_baselines.experiments.markdown_tables import put_table
from customs_baselines.experiments.results_file import read_json
from customs_baselines.experiments.statistics import t_interval
from customs_data.errors import KitError
from customs_scorer.metrics.networks import METRICS
from studies.script import Study
from studies.tasks.networks import JUDGED_BY_SIZE, ORACLE, SIZES
from studies.worlds_table import Target

_RANKED: Final = METRICS.ranked[0].name
_COLUMNS: Final = (*METRICS.ranked, *METRICS.reported[:2])
_RULE, _TRANSFER = "rule", "transfer"
_ORACLE_TITLE: Final = "*oracle*: knows for which network each declaration's line works"

Worlds = list[dict[str, Any]]


def networks_tables(measured: dict[str, Any]) -> dict[str, str]:
    """Return Markdown tables by what follows the results' name: "", "-targets" and "-facts".

    Parameters
    ----------
    measured : dict
        Results of `studies.tasks.networks.measure_worlds`.
    """
    worlds: Worlds = measured["worlds"]
    return {
        "": _models(measured, worlds),
        "-targets": _targets(worlds),
        "-facts": _facts(worlds),
    }


def _values(worlds: Worlds, name: str, metric: str) -> list[float]:
    return [world["models"][name][metric] for world in worlds if name in world["models"]]


def _names(worlds: Worlds) -> list[str]:
    """Return the measured models, the worst first."""
    names = [it.name for it in list_baselines("networks") if _values(worlds, it.name, _RANKED)]
    return sorted(names, key=lambda name: mean(_values(worlds, name, _RANKED)))


def _cell(values: Sequence[float]) -> str:
    if len(values) < 2:
        return f"{mean(values):.3f}"
    return f"{mean(values):.3f} ± {stdev(values) / sqrt(len(values)):.3f}"


def _models(measured: dict[str, Any], worlds: Worlds) -> str:
    titles = " | ".join(metric.title for metric in _COLUMNS)
    lines = [f"| | {titles} | worlds | CPU s |", f"| --- |{' ---: |' * (len(_COLUMNS) + 2)}"]
    for name in (*_names(worlds), ORACLE):
        is_oracle = name == ORACLE
        title = _ORACLE_TITLE if is_oracle else f"`{name}`{marks_of(name, False, 'networks')}"
        values = [_values(worlds, name, metric.name) for metric in _COLUMNS]
        seconds = "" if is_oracle else f"{mean(_values(worlds, name, 'cpu_seconds')):.0f}"
        cells = " | ".join(map(_cell, values))
        lines.append(f"| {title} | {cells} | {len(values[0])} | {seconds} |")
    return "\n".join(
        [
            *lines,
            "",
            f"Mean ± standard error over worlds with secrets of seed {measured['seed']}: "
            f"configuration `{measured['configuration']}` version {measured['version']}, "
            f"{measured['n_declarations']:,} declarations; importers asked that count on Private. "
            "CPU seconds of a fit; models that run one after the other compare the pairs of "
            "importers once. `transfer` learns in the first world.",
        ]
    )


def best_in_world(worlds: Worlds) -> str:
    """Return the name of the best model that has not learned from the simulator."""
    own = {it.name for it in list_baselines("networks") if not it.from_simulator}
    return [name for name in _names(worlds) if name in own][-1]


def _targets(worlds: Worlds) -> str:
    best = best_in_world(worlds)
    rows = [
        (f"`{best}` over `{_RULE}`", _differences(worlds, best, _RULE), Target(0.08, None)),
        (f"`{best}` over `{_TRANSFER}`", _differences(worlds, best, _TRANSFER), Target(0.05, None)),
        ("oracle", _values(worlds, ORACLE, _RANKED), Target(0.90, None)),
    ]
    lines = [
        "| B-cubed F1 | mean | 95 % interval | target | holds |",
        "| --- | ---: | ---: | --- | --- |",
    ]
    for title, values, target in rows:
        if not values:  # of some configurations only cheap models are measured
            continue
        low, high = t_interval(values) if len(values) > 1 else (min(values), max(values))
        holds = "yes" if target.holds(mean(values)) else "**no**"
        lines.append(
            f"| {title} | {mean(values):.3f} | {low:.3f} .. {high:.3f} | {target} | {holds} |"
        )
    return "\n".join([*lines, "", "Paired by world; intervals are Student's t over worlds."])


def _differences(worlds: Worlds, name: str, other: str) -> list[float]:
    if name == other:
        return []
    both = [it["models"] for it in worlds if {name, other} <= it["models"].keys()]
    return [models[name][_RANKED] - models[other][_RANKED] for models in both]


def _facts(worlds: Worlds) -> str:
    lines = ["| | mean | lowest | highest |", "| --- | ---: | ---: | ---: |"]
    for name in worlds[0]["facts"]:
        values = [world["facts"][name] for world in worlds]
        lines.append(f"| {name} | {mean(values):,.0f} | {min(values):,.0f} | {max(values):,.0f} |")
    for name in worlds[0]["audit"]:
        values = [world["audit"][name] for world in worlds]
        lines.append(f"| audit: {name} | {_row(values)} |")
    judged = [world["sizes"] for world in worlds if "sizes" in world]
    for name in SIZES if judged else ():
        values = [sizes[name] for sizes in judged]
        lines.append(f"| `{JUDGED_BY_SIZE}`, importers with {name}: B-cubed F1 | {_row(values)} |")
    return "\n".join(lines)


def _row(values: Sequence[float]) -> str:
    return " | ".join(f"{value:.3f}" for value in (mean(values), min(values), max(values)))


@click.command(cls=Study)
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--write", type=click.Path(path_type=Path), help="Document to put the tables in.")
@click.option("--check", type=click.Path(path_type=Path), help="Document that must have them.")
def main(results: Path, write: Path | None, check: Path | None) -> None:
    """Print the tables of RESULTS, put them in a document, or check that it has them.

    \b
    Example:
      python -m studies.tasks.networks_table networks.json --write baselines/NETWORKS.md
    """
    measured = read_json(results)
    if not isinstance(measured, dict) or not measured.get("worlds"):
        raise KitError(f"{results} does not contain measured worlds.")
    for name, table in networks_tables(measured).items():
        document = write or check
        if document is None:
            click.echo(f"{table}\n")
        elif f"<!-- results:{results.stem}{name} -->" in document.read_text(encoding="utf-8"):
            put_table(document, f"{results.stem}{name}", table, check=check is not None)


if __name__ == "__main__":
    main()
