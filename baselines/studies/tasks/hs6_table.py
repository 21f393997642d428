"""Tables of the task hs6: models, what must hold, and corrections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, Final

import click

from customs_baselines.catalogue import find_baseline, list_baselines, marks_of
from customs_baselines.contract import is_transductive
from studies.script import Study
from studies.tasks.commands import (
    mean_and_error,
    options_of_tables,
    read_measures,
    show_tables,
)

World = dict[str, dict[str, float]]

_FIRST: Final = "top_1"
_UNSEEN: Final = "top_1 unseen"
#: Columns of the table of models, by the name of a value.
_COLUMNS: Final = {
    "top_1": "top-1",
    "top_5": "top-5",
    "heading": "heading",
    "chapter": "chapter",
    "top_1 seen": "importer seen",
    "top_1 unseen": "importer unseen",
    "correction": "misdeclared",
}
_TITLES: Final = {
    "entity-free": "*entity-free*: route, mass and price only",
    "agent oracle": "*agent oracle*: knows every importer's lines, seller and price",
}


@dataclass(frozen=True)
class Bar:
    """What must hold on the mean over worlds.

    Attributes
    ----------
    title : str
    value : callable
        Takes a world.
    low, high : float
        Limits of the mean.
    """

    title: str
    value: Callable[[World], float]
    low: float
    high: float

    def __str__(self) -> str:
        if self.high == 1.0:
            return f"at least {self.low:.2f}"
        return f"below {self.high:.2f}" if self.low == 0.0 else f"{self.low:.2f} to {self.high:.2f}"


BARS: Final = (
    Bar("`mixture`, top-1", lambda w: w["mixture"][_FIRST], 0.5, 0.6),
    Bar("`ranker` over `mixture`", lambda w: w["ranker"][_FIRST] - w["mixture"][_FIRST], 0.02, 1),
    Bar(
        "`graph` over `ranker`, unseen importers",
        lambda w: w["graph"][_UNSEEN] - w["ranker"][_UNSEEN],
        0.05,
        1.0,
    ),
    Bar("entity-free, top-1", lambda w: w["entity-free"][_FIRST], 0.0, 0.3),
    Bar("best look-up on three columns", lambda w: w["look-ups"]["best on three columns"], 0, 0.3),
    Bar("agent oracle, top-1", lambda w: w["agent oracle"][_FIRST], 0.85, 1.0),
)


def hs6_tables(measured: dict[str, Any]) -> dict[str, str]:
    """Return the Markdown tables by name: ``hs6``, ``hs6_bars`` and ``hs6_corrections``.

    Parameters
    ----------
    measured : dict
        Results of `studies.tasks.hs6.measure_worlds`.
    """
    worlds: list[World] = measured["worlds"]
    return {
        "hs6": _models(measured, worlds),
        "hs6_bars": _bars(worlds),
        "hs6_corrections": _corrections(worlds),
    }


def _title(name: str) -> str:
    if name in _TITLES:
        return _TITLES[name]
    model = find_baseline(name, "hs6").load_class()
    return f"`{name}`{marks_of(name, is_transductive(model), 'hs6')}"


def _names(worlds: list[World], value: str = _FIRST) -> list[str]:
    """Return the rows that have a value, from the lowest to the highest."""
    order = [*(it.name for it in list_baselines("hs6")), *_TITLES]
    having = [name for name in order if all(value in world[name] for world in worlds)]
    return sorted(having, key=lambda name: mean(world[name][_FIRST] for world in worlds))


def _models(measured: dict[str, Any], worlds: list[World]) -> str:
    lines = [
        f"| | {' | '.join(_COLUMNS.values())} | CPU s |",
        f"| --- |{' ---: |' * (len(_COLUMNS) + 1)}",
    ]
    for name in _names(worlds):
        cells = [mean_and_error([world[name][_FIRST] for world in worlds])]
        cells += [
            f"{mean(world[name][value] for world in worlds):.3f}" for value in list(_COLUMNS)[1:]
        ]
        seconds = [world[name].get("cpu_seconds") for world in worlds]
        known = [value for value in seconds if value is not None]
        cells.append(f"{mean(known):.1f}" if known else "")
        lines.append(f"| {_title(name)} | {' | '.join(cells)} |")
    unseen = mean(world["mode"]["share unseen"] for world in worlds)
    return "\n".join(
        [
            *lines,
            "",
            f"Mean (± standard error) over {len(worlds)} worlds with secrets of seed "
            f"{measured['seed']}: configuration `{measured['configuration']}` version "
            f"{measured['version']}, {measured['n_declarations']:,} declarations; accuracy of the "
            f"true goods on Private. Importers that training lacks file {unseen:.0%} of it.",
        ]
    )


def _bars(worlds: list[World]) -> str:
    lines = ["| | mean | target | holds |", "| --- | ---: | --- | --- |"]
    for bar in BARS:
        values = [bar.value(world) for world in worlds]
        holds = "yes" if bar.low <= mean(values) <= bar.high else "**no**"
        lines.append(f"| {bar.title} | {mean_and_error(values)} | {bar} | {holds} |")
    for name in ("exact Net Mass", "exact Item Price", "neighbours by ID", "neighbours in a day"):
        values = [world["look-ups"][name] for world in worlds]
        lines.append(f"| {name} | {mean_and_error(values)} | | |")
    return "\n".join(lines)


def _corrections(worlds: list[World]) -> str:
    lines = [
        "| | average precision | precision@5 % | true goods first |",
        "| --- | ---: | ---: | ---: |",
    ]
    names = _names(worlds, "misdeclared AP")
    for name in names:
        cells = [
            mean_and_error([world[name][value] for world in worlds])
            for value in ("misdeclared AP", "misdeclared @5 %", "correction")
        ]
        lines.append(f"| {_title(name)} | {' | '.join(cells)} |")
    rates = [world[names[0]]["misdeclared"] for world in worlds]
    return "\n".join(
        [
            *lines,
            "",
            f"Of Private, {mean(rates):.2%} are misdeclared ({min(rates):.2%} to "
            f"{max(rates):.2%}): the average precision of a random order.",
        ]
    )


@click.command(cls=Study)
@options_of_tables
def main(results: Path, document: Path | None, check: bool) -> None:
    """Print the tables of RESULTS, or put them in a document.

    \b
    Example:
      python -m studies.tasks.hs6_table hs6.json --write baselines/HS6.md
    """
    show_tables(hs6_tables(read_measures(results)), document, check)


if __name__ == "__main__":
    main()
