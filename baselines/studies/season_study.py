"""Strategies on ten worlds that nothing was tuned on: what a season brings, and what it costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from customs_baselines.experiments.markdown_tables import markdown_row, put_table
from customs_baselines.experiments.results_file import read_json
from customs_baselines.running.runner import n_processors
from customs_baselines.season.catalogue import EXPLORERS
from customs_baselines.season.comparison import StrategySummary, compare_strategies
from customs_baselines.season.playing import SeasonSettings
from customs_baselines.season.run_seasons import run_seasons
from customs_baselines.season.worlds import SeasonWorld
from customs_data.edition.generating import read_blueprint
from customs_data.parallel import threads
from studies.script import Study, describe_blueprint, save_results

STRATEGIES: Final = (
    "random", "profile", "exploit", "hybrid", "bag", "ucb", "thompson", "duty",
    "oracle", "clairvoyant", "everything", "passive",
)  # fmt: skip
_FIRST_SEED: Final = 31_000
_AGAINST: Final = "exploit"
_KEPT: Final = (
    "strategy", "reference", "world", "seed", "error", "precision", "recall", "norm_precision",
    "capped_revenue_recall", "revenue_recall", "first_quarter", "last_quarter", "cpu_seconds",
)  # fmt: skip


def play_all(n_worlds: int, folder: Path, n_workers: int) -> list[dict[str, Any]]:
    """Play what is missing in `folder`; return the records without their weeks."""
    worlds = [SeasonWorld(seed=_FIRST_SEED + i) for i in range(n_worlds)]
    records: list[dict[str, Any]] = []
    with threads(n_workers) as executor:
        for world in worlds:
            for explore in EXPLORERS:
                chosen = STRATEGIES if explore == EXPLORERS[0] else ("hybrid",)
                settings = SeasonSettings(
                    offered={"explore": explore, "explore_share": 0.1, "explore_weight": 8.0}
                )
                records += run_seasons([world], chosen, settings, folder, executor=executor)
    return [{name: record[name] for name in _KEPT if name in record} for record in records]


def season_table(summaries: list[StrategySummary]) -> str:
    """Return the Markdown table: references last, otherwise the highest precision first."""
    header = ["strategy", "precision", f"to `{_AGAINST}`", "last quarter", "revenue"]
    header += ["learner", "labels", "chance", "CPU s"]
    lines = [markdown_row(header), markdown_row(["---"] + ["---:"] * (len(header) - 1))]
    for it in summaries:
        cells = [f"`{it.name}`" + " (reference)" * it.is_reference]
        cells += [it.write_precision(), it.write_difference()]
        cells += [f"{it.scores[name]:.3f}" for name in ("last_quarter", "capped_revenue_recall")]
        cells += [
            f"{it.regret[part]:.3f}" if part in it.regret else "-"
            for part in ("learner", "labels", "chance")
        ]
        lines.append(markdown_row([*cells, f"{it.cpu_seconds:.1f}"]))
    n_worlds = max(it.n_worlds for it in summaries)
    lines += [
        "",
        f"Frauds found / declarations opened over 52 weeks, 5 % opened each week; {n_worlds} "
        "worlds of 54,000 declarations, ± standard error, paired differences with 95 % intervals "
        "(Student's t). *revenue*: share of the evaded duty, each declaration capped. *learner*, "
        "*labels*, *chance*: where the rest to 1 is lost. CPU seconds of the strategy's process.",
    ]
    return "\n".join(lines)


@click.command(cls=Study)
@click.option("--worlds", type=click.IntRange(min=2), default=10, show_default=True)
@click.option("--keep", type=click.Path(path_type=Path), default=Path("build/seasons"))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Results file.")
@click.option("--write", "document", type=click.Path(path_type=Path), help="Document.")
@click.option("--only-table", is_flag=True, help="Read the results file; play nothing.")
def main(worlds: int, keep: Path, out: Path, document: Path | None, only_table: bool) -> None:
    """Play all strategies on worlds that nothing was tuned on.

    \b
    Example:
      python -m studies.season_study --out season.json --write docs/SEASON.md
    """
    if not only_table:
        records = play_all(worlds, keep, n_processors())
        save_results(describe_blueprint(read_blueprint()) | {"seasons": records}, out)
    content: Any = read_json(out)
    table = season_table(compare_strategies(content["seasons"], _AGAINST))
    if document is None:
        click.echo(table)
    else:
        put_table(document, "season", table, check=False)


if __name__ == "__main__":
    main()
