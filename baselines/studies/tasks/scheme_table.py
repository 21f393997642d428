"""Tables of the task scheme: models against the ceiling, each violation, and certainty by size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, Final

import click

from customs_baselines.catalogue import find_baseline, list_baselines, marks_of
from customs_baselines.contract import is_transductive
from customs_data.tasks import find_task
from customs_scorer.metrics import metrics_of
from studies.script import Study
from studies.tasks.commands import (
    mean_and_error,
    options_of_tables,
    read_measures,
    show_tables,
)

RANKED: Final = "mean_average_precision"
#: Rows that are no models, in the order of the table, and what they are.
LIMITS: Final = {
    "chance": "equal scores: the share of each violation",
    "prior of the world": "true probability before the form is written",
    "ceiling": "true probability given the form",
}
HALF: Final = 0.5  # of the way from chance to the ceiling, which the best model must reach

Worlds = list[dict[str, dict[str, float]]]


def scheme_tables(measured: dict[str, Any]) -> dict[str, str]:
    """Return the Markdown tables by name: ``scheme``, ``scheme_violations``, ``scheme_sizes``.

    Parameters
    ----------
    measured : dict
        Results of `studies.tasks.scheme.measure_worlds`.
    """
    worlds: Worlds = measured["worlds"]
    return {
        "scheme": _models(measured, worlds),
        "scheme_violations": _violations(worlds),
        "scheme_sizes": _sizes(measured["sizes"]),
    }


@dataclass(frozen=True)
class _Row:
    """Values of a model (or a limit) by world."""

    name: str
    values: list[dict[str, float]]

    def of(self, metric: str) -> list[float]:
        return [values[metric] for values in self.values]


def _rows(worlds: Worlds) -> list[_Row]:
    """Return the models from the worst to the best between chance and the other limits."""
    names = [it.name for it in list_baselines("scheme")]
    rows = [_Row(name, [world[name] for world in worlds]) for name in (*names, *LIMITS)]
    by_name = {row.name: row for row in rows}
    models = sorted((by_name[name] for name in names), key=lambda row: mean(row.of(RANKED)))
    return [by_name["chance"], *models, by_name["prior of the world"], by_name["ceiling"]]


def _title(name: str) -> str:
    if name in LIMITS:
        return f"*{name}*: {LIMITS[name]}"
    model = find_baseline(name, "scheme").load_class()
    return f"`{name}`{marks_of(name, is_transductive(model), 'scheme')}"


def way_to_ceiling(worlds: Worlds, name: str) -> list[float]:
    """Return how far a model is on the way from chance (0) to the ceiling (1), by world."""
    ways = []
    for world in worlds:
        low, high = world["chance"][RANKED], world["ceiling"][RANKED]
        ways.append((world[name][RANKED] - low) / (high - low))
    return ways


def _models(measured: dict[str, Any], worlds: Worlds) -> str:
    lines = [
        "| | mean AP | way to the ceiling | worlds at half | standard error in a world | CPU s |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in _rows(worlds):
        ways = way_to_ceiling(worlds, row.name)
        n_half = sum(way >= HALF for way in ways)
        seconds = f"{mean(row.of('cpu_seconds')):.1f}" if row.name not in LIMITS else ""
        lines.append(
            f"| {_title(row.name)} | {mean_and_error(row.of(RANKED))} | {mean_and_error(ways)} | "
            f"{n_half} of {len(worlds)} | {mean(row.of('standard_error')):.3f} | {seconds} |"
        )
    return "\n".join(
        [
            *lines,
            "",
            f"Mean ± standard error over {len(worlds)} worlds with secrets of seed "
            f"{measured['seed']}: configuration `{measured['configuration']}` version "
            f"{measured['version']}, {measured['n_declarations']:,} declarations, all labels; "
            "scores on Private. The standard error in a world is the bootstrap's.",
        ]
    )


def _violations(worlds: Worlds) -> str:
    metrics = metrics_of("scheme").reported
    lines = [
        f"| | {' | '.join(metric.short for metric in metrics)} |",
        f"| --- |{' ---: |' * len(metrics)}",
    ]
    for row in _rows(worlds):
        cells = " | ".join(f"{mean(row.of(metric.name)):.3f}" for metric in metrics)
        lines.append(f"| {_title(row.name)} | {cells} |")
    return "\n".join([*lines, "", "Average precision, mean over the same worlds."])


def _sizes(sizes: dict[str, list[dict[str, float]]]) -> str:
    least = find_task("scheme").fewest_declarations
    lines = [
        "| declarations | worlds | standard error of mean AP | of the rarest violation's AP | "
        "its declarations in Private, mean (least) |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    for size, worlds in sizes.items():
        error, of_rarest, fewest = (
            [world[key] for world in worlds]
            for key in ("standard_error", "standard_error_of_rarest", "fewest")
        )
        mark = " (the fewest of an edition)" if int(size) == least else ""
        lines.append(
            f"| {int(size):,}{mark} | {len(worlds)} | {mean(error):.4f} | {mean(of_rarest):.3f} | "
            f"{mean(fewest):.0f} ({min(fewest):.0f}) |"
        )
    return "\n".join(
        [*lines, "", "Scores of the ceiling on Private; the bootstrap's standard errors."]
    )


@click.command(cls=Study)
@options_of_tables
def main(results: Path, document: Path | None, check: bool) -> None:
    """Print the tables of RESULTS, or put them in a document.

    \b
    Example:
      python -m studies.tasks.scheme_table scheme.json --write baselines/SCHEME.md
    """
    show_tables(scheme_tables(read_measures(results)), document, check)


if __name__ == "__main__":
    main()
