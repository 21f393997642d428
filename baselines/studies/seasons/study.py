"""Strategies on worlds that nothing was tuned on: what a season brings, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from customs_baselines.experiments.markdown_tables import markdown_row, put_table
from customs_baselines.experiments.results_file import read_json
from customs_baselines.running.runner import n_processors
from customs_baselines.season.catalogue import EXPLORERS
from customs_baselines.season.comparison import (
    StrategySummary,
    compare_strategies,
    worth_of_labels,
    write_worth,
)
from customs_baselines.season.playing import SeasonSettings
from customs_baselines.season.run_seasons import run_seasons
from customs_baselines.season.worlds import SeasonWorld
from customs_data.edition.generating import read_blueprint
from customs_data.parallel import map_in_order, threads
from customs_data.season.kinds import SEASONS, rows_of_season
from customs_scorer.season.budget import Budget
from studies.script import Study, describe_blueprint, save_results

_REFERENCES: Final = ("oracle", "clairvoyant", "everything", "passive")
_FEW: Final = ("random", "profile", "exploit", "hybrid", "bag", "noticing", "item_price")
_ALL: Final = (*_FEW, "adaptive", "ucb", "thompson", "duty")
_WAYS: Final = ("random", *(it for it in EXPLORERS if it != "random"))
_AGAINST: Final = "exploit"
_SCORES: Final = ("last_quarter", "capped_revenue_recall", "revenue_recall")
_KEPT: Final = (
    "strategy", "reference", "world", "seed", "error", "precision", "recall", "norm_precision",
    "capped_revenue_recall", "revenue_recall", "first_quarter", "last_quarter", "cpu_seconds",
    "exploration",
)  # fmt: skip


@dataclass(frozen=True)
class Grid:
    """Strategies on worlds of one kind.

    Attributes
    ----------
    name : str
        Of its table in the document.
    season : str
    rate : float
        Share that is opened each week.
    strategies, explorers : tuple of str
        ``hybrid`` plays once with each explorer.
    first_seed : int
        Of the first world. Nothing was tuned on these worlds.
    """

    name: str
    season: str
    rate: float
    strategies: tuple[str, ...]
    explorers: tuple[str, ...]
    first_seed: int


GRIDS: Final = (
    Grid("season", "steady", 0.05, (*_ALL, *_REFERENCES, "duty_oracle"), _WAYS, 31_000),
    Grid(
        "season-shifting", "shifting", 0.05, (*_FEW, "adaptive", *_REFERENCES),
        ("random", "uncertain", "coverage", "stale", "diverse"), 32_000,
    ),
    Grid("season-10", "steady", 0.1, (*_FEW, *_REFERENCES), ("random",), 31_000),
    Grid("season-shifting-10", "shifting", 0.1, (*_FEW, *_REFERENCES), ("random",), 32_000),
)  # fmt: skip


def play_grid(grid: Grid, n_worlds: int, folder: Path, n_workers: int) -> list[dict[str, Any]]:
    """Play what is missing in `folder`, a world per worker; return records without their weeks."""
    play = partial(_play_world, grid, folder / grid.name)
    with threads(n_workers) as executor:
        worlds = list(map_in_order(play, range(n_worlds), executor))
    return [_kept(record) for records in worlds for record in records]


def _play_world(grid: Grid, folder: Path, number: int) -> list[dict[str, Any]]:
    world = SeasonWorld(
        grid.season,
        grid.first_seed + number,
        rows_of_season(grid.season),
        warm_up_rate=grid.rate,
    )
    records: list[dict[str, Any]] = []
    for explore in grid.explorers:
        settings = SeasonSettings(
            Budget(grid.rate),
            offered={"explore": explore, "explore_share": 0.1, "explore_weight": 8.0},
        )
        chosen = grid.strategies if explore == grid.explorers[0] else ("hybrid",)
        records += run_seasons([world], chosen, settings, folder)
    return records


def _kept(record: dict[str, Any]) -> dict[str, Any]:
    """Return what the tables read; of outbreaks, how long each went on."""
    kept: dict[str, Any] = {name: record[name] for name in _KEPT if name in record}
    if "detection" in record:
        read = ("weeks", "detected_week")
        kept["detection"] = [{name: it[name] for name in read} for it in record["detection"]]
    return kept


def season_table(grid: dict[str, Any]) -> str:
    """Return the Markdown tables of strategies, references last, and of those that explore.

    Parameters
    ----------
    grid : dict
        ``season``, ``rate``, ``n_declarations`` and ``seasons``: records, as in the results
        file.
    """
    summaries = compare_strategies(grid["seasons"], _AGAINST)
    worth = worth_of_labels(grid["seasons"])
    header = ["strategy", "precision", f"to `{_AGAINST}`", "last quarter", "revenue", "raw"]
    header += ["learner", "labels", "chance", "CPU s"]
    lines = [markdown_row(header), markdown_row(["---"] + ["---:"] * (len(header) - 1))]
    for it in summaries:
        cells = [f"`{it.name}`" + " (reference)" * it.is_reference]
        cells += [it.write_precision(), it.write_difference()]
        cells += [f"{it.scores[name]:.3f}" for name in _SCORES]
        cells += [
            f"{it.regret[part]:.3f}" if part in it.regret else "-"
            for part in ("learner", "labels", "chance")
        ]
        lines.append(markdown_row([*cells, f"{it.cpu_seconds:.1f}"]))
    n_worlds = max(it.n_worlds for it in summaries)
    lines += [
        "",
        f"Frauds found / declarations opened over 52 weeks, {grid['rate'] * 100:g} % opened each "
        f"week; {n_worlds} {grid['season']} worlds of {grid['n_declarations']:,} declarations, ± "
        "standard error, paired differences with 95 % intervals (Student's t). *revenue*: share of "
        "the evaded duty, each declaration capped; *raw*: without a cap. *learner*, *labels*, "
        "*chance*: where the rest to 1 is lost. CPU seconds of the strategy's process.",
    ]
    if worth is not None:
        lines += ["", write_worth(worth)]
    return "\n".join([*lines, *_account_lines(summaries)])


def _account_lines(summaries: list[StrategySummary]) -> list[str]:
    """Return what exploring cost and brought, and what was detected, as far as it is known."""
    rows = [it for it in summaries if it.exploration or it.detection]
    if not rows:
        return []
    header = ["strategy", "gain", "cost", "marginal yield", "base rate", "detected", "weeks"]
    lines = ["", markdown_row(header), markdown_row(["---"] + ["---:"] * (len(header) - 1))]
    for it in rows:
        cells = [f"`{it.name}`" + " (reference)" * it.is_reference]
        account, detection = it.exploration, it.detection
        cells += [f"{account[name]:+.3f}" if account else "-" for name in ("gain", "cost")]
        rates = ("marginal_yield", "base_rate")
        cells += [f"{account[name]:.3f}" if account else "-" for name in rates]
        weeks = None if detection is None else detection.median_weeks
        cells.append("-" if detection is None else f"{detection.share:.2f}")
        lines.append(markdown_row([*cells, "-" if weeks is None else f"{weeks:g}"]))
    return [
        *lines,
        "",
        "*gain* - *cost*: the difference to `exploit`, per inspection. *detected*: share of the "
        "outbreaks whose third fraud was opened; *weeks*: median from the first fraud until then "
        "(Kaplan-Meier).",
    ]


@click.command(cls=Study)
@click.option("--worlds", type=click.IntRange(min=2), default=10, show_default=True)
@click.option(
    "--grid", "names", multiple=True, type=click.Choice([it.name for it in GRIDS]), metavar="NAME",
    help="Play this alone; others stay as they are in the results file. Can be given again.",
)  # fmt: skip
@click.option("--keep", type=click.Path(path_type=Path), default=Path("build/seasons"))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Results file.")
@click.option("--write", "document", type=click.Path(path_type=Path), help="Document.")
@click.option("--only-table", is_flag=True, help="Read the results file; play nothing.")
def main(
    worlds: int,
    names: tuple[str, ...],
    keep: Path,
    out: Path,
    document: Path | None,
    only_table: bool,
) -> None:
    """Play all strategies on worlds that nothing was tuned on: steady and shifting, 5 % and 10 %.

    \b
    Example:
      python -m studies.seasons.study --out season.json --write docs/SEASON.md
    """
    if not only_table:
        for grid in GRIDS:
            if names and grid.name not in names:
                continue
            earlier = read_json(out).get("grids", {}) if out.exists() else {}
            earlier[grid.name] = {
                **describe_blueprint(read_blueprint(config=SEASONS[grid.season])),
                "season": grid.season,
                "rate": grid.rate,
                "seasons": play_grid(grid, worlds, keep, n_processors()),
            }
            save_results({"grids": earlier}, out)
    content: Any = read_json(out)
    for name, of_grid in content["grids"].items():
        table = season_table(of_grid)
        if document is None:
            click.echo(table)
        else:
            put_table(document, name, table, check=False)


if __name__ == "__main__":
    main()
