"""Table of everything about one submission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from customs_kit.terminal.run_tables import meaning_of_ceiling, number

if TYPE_CHECKING:
    from customs_scorer.ranking import Standing
    from customs_scorer.yardsticks import Reference


def scorecard_table(standing: Standing, reference: Reference) -> list[RenderableType]:
    """Return the table of a submission's scores with yardsticks, and the legend."""
    card = standing.scorecard
    periods = {"public": card.public, "private": card.private}
    words = card.metrics.words
    yardsticks = {
        words.copied: reference.lookup or {},
        "ceiling": reference.ceiling or {},
        "prior": reference.prior or {},
    }
    table = Table(title=Text(standing.file), title_justify="left")
    table.add_column("")
    for name in ("Public", "Private"):
        table.add_column(name, justify="right", no_wrap=True)
    counts = {card.metrics.n_units: f"{card.metrics.unit}s", **card.metrics.count_titles}
    for name, title in counts.items():
        table.add_row(title, *(f"{score[name]:,}" for score in periods.values()))
    for short in dict.fromkeys(metric.short for metric in card.metrics.all):
        table.add_section()
        for metric in (metric for metric in card.metrics.all if metric.short == short):
            cells = [number(score[metric.name]) for score in periods.values()]
            table.add_row(metric.title, *cells)
            if metric not in card.metrics.ranked:
                if metric.name in yardsticks["ceiling"].get("private", {}):
                    best = (yardsticks["ceiling"][key][metric.name] for key in periods)
                    table.add_row("  ceiling", *map(number, best))
                continue
            intervals = [score[metric.interval_name] for score in periods.values()]
            if all(intervals):
                cells = [f"{low:.3f} .. {high:.3f}" for low, high in intervals]
                table.add_row("  95 % interval", *cells)
            chances = [score.get(f"chance_{metric.name}") for score in periods.values()]
            table.add_row(f"  {words.chance}", *map(number, chances))
            for name, by_period in yardsticks.items():
                if by_period:
                    values = [by_period[key].get(metric.name) for key in periods]
                    table.add_row(f"  {name}", *map(number, values))
    table.add_section()
    table.add_row(words.unseen, *(f"{score['n_unseen']:,}" for score in periods.values()))
    for metric in card.metrics.ranked:
        unseen = (score[f"unseen_{metric.name}"] for score in periods.values())
        table.add_row(f"  {metric.title} of these", *map(number, unseen))
    legend = f"{words.chance}: {words.chance_meaning}."
    if reference.lookup:
        legend += f" {words.copied}: {words.copied_meaning} ({reference.twin_share:.1%} have)."
    meanings = meaning_of_ceiling(reference.ceiling, reference.prior)
    more = (f" {name}: {meaning}." for name, meaning in meanings.items())
    return [table, Text(legend + "".join(more))]
