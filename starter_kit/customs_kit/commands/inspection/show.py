"""`customs-kit inspection table | report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from customs_kit.commands.options import json_option

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--against",
    default="exploit",
    show_default=True,
    help="Strategy to compare with, world by world.",
)
@json_option
def table(folder: Path, against: str, as_json: bool) -> None:
    """Compare the seasons of a folder: means over worlds and paired differences.

    Strategies that explore have an account: what exploring brought and what it cost.

    \b
    Examples:
      customs-kit inspection table seasons
      customs-kit inspection table seasons --against profile --json
    """
    from dataclasses import asdict

    from customs_baselines.season.comparison import compare_strategies, worth_of_labels
    from customs_baselines.season.records import read_records
    from customs_kit.terminal.output import print_json

    records = read_records(folder)
    if as_json:
        worth = worth_of_labels(records)
        print_json(
            {
                "strategies": [asdict(it) for it in compare_strategies(records, against)],
                "worth_of_labels": None if worth is None else asdict(worth),
            }
        )
        return
    show_seasons(records, f"Seasons of {folder}", against)


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    default=Path("season.html"),
    show_default=True,
    help="Page to write.",
)
@click.option("--against", default="exploit", show_default=True, help="Strategy to compare with.")
@click.option("--world", help="World whose weeks are shown one by one.  [default: the first]")
def report(folder: Path, html: Path, against: str, world: str | None) -> None:
    """Write the seasons of a folder as one page: tables, curves, and a lane of weeks per strategy.

    \b
    Examples:
      customs-kit inspection report seasons --html season.html
      customs-kit inspection report seasons --world steady-3
    """
    from customs_baselines.season.page import season_page
    from customs_data.files.atomic import write_atomically
    from customs_kit.terminal.output import say

    write_atomically(html, season_page(folder, against, world))
    say(f"Seasons: {html}")


def show_seasons(records: Sequence[dict[str, Any]], title: str, against: str = "exploit") -> None:
    """Print the tables of seasons (records, see `customs_baselines.season.records`)."""
    from customs_baselines.season.comparison import compare_strategies, worth_of_labels
    from customs_kit.terminal.output import output_width, show
    from customs_kit.terminal.season_table import season_table

    if summaries := compare_strategies(records, against):
        worth = worth_of_labels(records)
        show(*season_table(summaries, worth, title, against, output_width()))
