"""Pictures of docs/GALLERY.md that no other command draws: the ladder of models, and a season."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any, Final

import click

from customs_baselines.experiments.result_rows import Results, read_results
from customs_baselines.experiments.statistics import t_interval
from customs_data.errors import KitError
from studies.script import Study
from studies.world_figures.style import (
    FRAUD,
    HONEST,
    OTHER,
    RULE,
    SOFT,
    drawing,
    new_panels,
    save,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_METRIC: Final = "precision_at_5"
#: Label rates of the ladder, with their colours and marks.
_RATES: Final = ((1.0, HONEST, "o"), (0.1, FRAUD, "s"), (0.02, OTHER, "^"))
#: Strategies of the picture by name in the results; the references are drawn grey.
_STRATEGIES: Final = {
    "random": "by lot",
    "item_price": "highest price",
    "profile": "risk profiles",
    "hybrid-random-0.1-8.0": "trees, a tenth by lot",
    "exploit": "trees",
    "passive": "trees, labels drawn by lot",
    "oracle": "true probabilities",
}
_KINDS: Final = {"season": "steady world", "season-shifting": "shifting world"}


def ladder_rows(results: Results) -> list[tuple[str, dict[float, float]]]:
    """Return the models of recipe kit with their mean precision@5 % by label rate, best first."""
    rows: dict[str, dict[float, list[float]]] = {}
    for group, runs in results.groups().items():
        if group.recipe in (None, "kit"):
            by_rate = rows.setdefault(group.baseline, {})
            by_rate[group.label_rate] = [run["private"][_METRIC] for run in runs]
    means = {name: {rate: mean(it) for rate, it in rates.items()} for name, rates in rows.items()}
    return sorted(means.items(), key=lambda row: -row[1].get(1.0, 0.0))


def draw_ladder(results: Results) -> Figure:
    """Draw one row per model, and one mark per label rate.

    Raises
    ------
    KitError
        If no model was scored with all labels.
    """
    rows = [row for row in ladder_rows(results) if 1.0 in row[1]]
    if not rows:
        raise KitError("No model of these results was scored with all labels.")
    figure, panels = new_panels(1, 1, height=0.6 + 0.27 * len(rows))
    axes = panels[0, 0]
    for place, (_, values) in enumerate(rows):
        axes.plot([min(values.values()), max(values.values())], [place, place], color=RULE)
    for rate, color, mark in _RATES:
        points = [(values[rate], place) for place, (_, values) in enumerate(rows) if rate in values]
        if points:
            x, y = zip(*points, strict=True)
            axes.plot(x, y, mark, color=color, label=f"{100 * rate:g} % of the labels")
    for edition in results.editions.values():
        if edition.get("ceiling"):
            ceiling = edition["ceiling"]["private"][_METRIC]
            axes.axvline(ceiling, color=SOFT, linestyle=(0, (4, 3)))
            axes.text(ceiling, -0.9, "ceiling ", color=SOFT, ha="right", va="center")
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -1.5)
    axes.set_xlim(0.15, 1)
    axes.set_xlabel("precision@5 %, practice edition, Private")
    figure.legend(loc="outside upper center", ncols=len(_RATES))
    return figure


def season_rows(grid: dict[str, Any]) -> Iterator[tuple[str, float, tuple[float, float]]]:
    """Yield strategy, mean precision over worlds in the last quarter, and its 95 % interval."""
    for name in _STRATEGIES:
        values = [
            season["last_quarter"]["precision"]
            for season in grid["seasons"]
            if season["strategy"] == name and not season["error"]
        ]
        if len(values) > 1:
            yield name, mean(values), t_interval(values)


def draw_season(grids: dict[str, Any]) -> Figure:
    """Draw precision of strategies in the last quarter of a season, in two kinds of worlds.

    Raises
    ------
    KitError
        If a kind of worlds was not played.
    """
    if missing := [name for name in _KINDS if name not in grids]:
        raise KitError(f"These results lack the grids {', '.join(missing)}.")
    names = list(_STRATEGIES)
    figure, panels = new_panels(1, 2, height=3.6, sharey=True, sharex=True)
    for axes, (name, title) in zip(panels[0], _KINDS.items(), strict=True):
        for strategy, value, (low, high) in season_rows(grids[name]):
            place = names.index(strategy)
            color = SOFT if strategy in ("passive", "oracle") else HONEST
            axes.plot([low, high], [place, place], color=color)
            axes.plot([value], [place], "o", color=color)
        axes.set_title(title)
        axes.set_xlim(0, 1)
        axes.grid(axis="x")
    panels[0, 0].set_yticks(range(len(names)), list(_STRATEGIES.values()))
    figure.supxlabel("precision of the last 13 weeks, ten worlds", fontsize=11.5)
    return figure


def draw_gallery(practice: Path, season: Path, out: Path) -> list[Path]:
    """Draw both pictures into a folder and return their files."""
    grids = json.loads(season.read_text(encoding="utf-8"))["grids"]
    files = [out / "models.svg", out / "season.svg"]
    with drawing():
        save(draw_ladder(read_results([practice])), files[0])
        save(draw_season(grids), files[1])
    return files


@click.command(cls=Study)
@click.argument("practice", type=click.Path(path_type=Path))
@click.argument("season", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of pictures.")
@click.option("--check", is_flag=True, help="Write nothing; check that the pictures are these.")
def main(practice: Path, season: Path, out: Path, check: bool) -> None:
    """Draw the ladder of models from PRACTICE, and strategies from SEASON (results as JSON).

    \b
    Example:
      python -m studies.gallery practice.json season.json --out docs
    """
    if not check:
        for path in draw_gallery(practice, season, out):
            click.echo(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        for path in draw_gallery(practice, season, Path(folder)):
            file = out / path.name
            if not file.is_file() or file.read_bytes() != path.read_bytes():
                raise KitError(f"{file} is not the picture of these results. Run `make gallery`.")


if __name__ == "__main__":
    main()
