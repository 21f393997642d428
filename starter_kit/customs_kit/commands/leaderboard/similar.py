"""`customs-kit leaderboard similar`."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.leaderboard.options import (
    competition_argument,
    database_option,
    opened,
)
from customs_kit.commands.options import FiniteRange, json_option


@click.command()
@competition_argument
@click.option("--leading", is_flag=True, help="Compare only best, selected and newest submissions.")
@click.option(
    "--correlation",
    type=FiniteRange(0, 1),
    default=0.9995,
    show_default=True,
    help="Rank correlation from which submissions are similar.",
)
@click.option(
    "--overlap",
    type=FiniteRange(0, 1),
    default=0.99,
    show_default=True,
    help="Share of the highest scores in common from which they are similar.",
)
@click.option(
    "--html", "page", type=click.Path(path_type=Path), help="Also write the report as a page."
)
@database_option
@json_option
def similar(
    competition: Path,
    leading: bool,
    correlation: float,
    overlap: float,
    page: Path | None,
    database_url: str | None,
    as_json: bool,
) -> None:
    """Report identical and nearly identical submissions of different teams.

    Also listed are teams that sent files from one address, or have members of the same name. These
    are hints, not proof: teams may run the same model, or share an office.

    \b
    Examples:
      customs-kit leaderboard similar my-board
      customs-kit leaderboard similar my-board --correlation 0.99 --html similar.html
    """
    with opened(competition, database_url) as board:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

        from customs_data.files.atomic import write_atomically
        from customs_kit.terminal.leaderboard_tables import similar_table
        from customs_kit.terminal.output import print_json, progress_bars, show
        from customs_leaderboard.similarity.pairs import Thresholds
        from customs_leaderboard.similarity.report import NOTE, join_names, report_similar

        columns = (TextColumn("Reading submissions"), BarColumn(), MofNCompleteColumn())
        with progress_bars(*columns, is_transient=True) as bars:
            task = bars.add_task("", total=None)
            report = report_similar(
                board,
                which="leading" if leading else "all",
                thresholds=Thresholds(correlation, overlap),
                on_step=lambda done, total: bars.update(task, completed=done, total=total),
            )
        if page is not None:
            write_atomically(page, report.to_html(board.competition.title))
    if as_json:
        print_json(report.as_dict())
        return
    show(similar_table(report))
    for shared in report.addresses:
        show(f"Files from one address: {join_names(shared.teams)}")
    for shared in report.names:
        show(f"A member named {shared.name}: {join_names(shared.teams)}")
    show(NOTE)
