"""The ten-world table as Markdown: mean, standard error, target, and whether the mean meets it."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Final

import click

from customs_baselines.experiments.markdown_tables import put_table
from customs_baselines.experiments.results_file import read_json
from customs_data.errors import KitError
from studies.script import Study


@dataclass(frozen=True)
class Target:
    """Range [low, high] that the mean of a row must lie in; None leaves an end open."""

    low: float | None
    high: float | None

    def holds(self, value: float) -> bool:
        """Return whether `value` lies within."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        if self.low is None:
            return f"at most {self.high:g}"
        return f"at least {self.low:g}" if self.high is None else f"{self.low:g} .. {self.high:g}"


#: Row of the table -> target.
TARGETS: Final[dict[str, Target]] = {
    "fraud rate": Target(0.2115, 0.2215),
    "critical rate": Target(0.008, 0.012),
    "unseen importers, Private": Target(0.15, 0.45),
    "prior oracle @5 %": Target(0.85, 0.93),
    "paper logistic_regression @5 %": Target(0.31, 0.47),
    "paper single trees and AdaBoost, mean @5 %": Target(0.42, 0.58),
    "paper boosted trees, mean @5 %": Target(0.45, 0.61),
    "paper logistic_regression @10 %": Target(0.31, 0.47),
    "paper single trees and AdaBoost, mean @10 %": Target(0.39, 0.55),
    "paper boosted trees, mean @10 %": Target(0.40, 0.56),
    "boosted trees over random_forest @5 %": Target(0.0, None),
    "lookup @5 %": Target(None, 0.30),
    "exact Net Mass look-up": Target(None, 0.35),
    "exact Item Price look-up": Target(None, 0.35),
    "best paper model over best look-up @5 %": Target(0.0, None),
    "twins across the split": Target(None, 0.15),
    "twins' labels agree by chance only": Target(None, 3.0),
    "Declaration ID": Target(None, 0.02),
    "row order": Target(None, 0.02),
    "kit xgboost over paper xgboost @5 %": Target(0.12, None),
    "mixed_effects_graph over kit xgboost @5 %, 10 % labels": Target(0.05, None),
    "links, mixed_effects_graph @5 %, 100 % labels": Target(0.06, None),
    "links, mixed_effects_graph @5 %, 10 % labels": Target(0.06, None),
}


def worlds_table(measured: dict[str, Any]) -> str:
    """Return the Markdown table of the results of `studies.worlds.measure_worlds`."""
    worlds = measured["worlds"]
    lines = ["| | mean | standard error | target | holds |", "| --- | ---: | ---: | --- | --- |"]
    for name in worlds[0]:
        values = [world[name] for world in worlds]
        error = stdev(values) / sqrt(len(values))
        target = TARGETS.get(name)
        holds = "" if target is None else ("yes" if target.holds(mean(values)) else "**no**")
        lines.append(f"| {name} | {mean(values):.4f} | {error:.4f} | {target or ''} | {holds} |")
    lines += [
        "",
        f"Configuration `{measured['configuration']}` version {measured['version']}, "
        f"{measured['n_declarations']:,} declarations, {len(worlds)} worlds with secrets of seed "
        f"{measured['seed']}; scores on Private.",
    ]
    return "\n".join(lines)


def read_worlds(path: Path) -> dict[str, Any]:
    """Read the results of `studies.worlds.measure_worlds`.

    Raises
    ------
    KitError
        If the file cannot be read or contains something else.
    """
    measured: dict[str, Any] = read_json(path)
    if not isinstance(measured, dict) or len(measured.get("worlds", ())) < 2:
        raise KitError(f"{path} does not contain two measured worlds.")
    return measured


@click.command(cls=Study)
@click.argument("results", type=click.Path(path_type=Path))
@click.option(
    "--write",
    "documents",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Document to put the table in; may be given several times.",
)
def main(results: Path, documents: tuple[Path, ...]) -> None:
    """Print the ten-world table of RESULTS, or put it in documents.

    \b
    Example:
      python -m studies.worlds_table worlds.json --write data/WORLD.md
    """
    table = worlds_table(read_worlds(results))
    for document in documents:
        put_table(document, results.stem, table, check=False)
    if not documents:
        click.echo(table)


if __name__ == "__main__":
    main()
