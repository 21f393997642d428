"""`customs-kit leaderboard season create | standings | close | reveal | verify`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from customs_kit.commands.leaderboard.options import (
    competition_argument,
    database_option,
    opened_any,
    require_extra,
)
from customs_kit.commands.options import json_option
from customs_kit.commands.season.options import season_options

if TYPE_CHECKING:
    from customs_leaderboard.season.board import SeasonBoard
    from customs_leaderboard.season.standings import SeasonTable

_DAYS = 30


@contextmanager
def opened_season(folder: Path, database_url: str | None) -> Iterator[SeasonBoard]:
    """Open a competition of seasons; close its connections at the end.

    Raises
    ------
    KitError
        If it is none.
    """
    from customs_data.errors import KitError

    with opened_any(folder, database_url) as board:
        from customs_leaderboard.season.board import SeasonBoard

        if not isinstance(board, SeasonBoard):
            raise KitError(
                f"{folder} is a competition on an edition, not one of seasons. Its commands are "
                "those of `customs-kit leaderboard`."
            )
        yield board


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--title", default="Week by week", show_default=True, help="Title.")
@click.option("--opens", help="First moment, UTC: 2026-03-01 or 2026-03-01T09:00.  [default: now]")
@click.option(
    "--closes",
    help="Deadline, UTC, or minutes, hours or days after the opening: +90m, +3h, +2d.  [default: "
    f"{_DAYS} days after]",
)
@season_options
@click.option(
    "--worlds",
    type=click.IntRange(1, 10),
    default=10,
    show_default=True,
    help="Worlds of an attempt; its score is the mean.",
)
@click.option(
    "--attempts",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="Attempts of a team; the last finished one counts.",
)
@click.option("--contact", default="", help="Where questions go: an e-mail address or a web page.")
@click.option(
    "--private", is_flag=True, help="Show the competition only to teams and with a view code."
)
@database_option
@json_option
def create(
    folder: Path,
    title: str,
    opens: str | None,
    closes: str | None,
    season: str,
    rows: int | None,
    rate: float,
    schedule: str,
    weeks: int,
    warm_up_weeks: int,
    warm_up_rate: float | None,
    delay: int,
    worlds: int,
    attempts: int,
    contact: str,
    private: bool,
    database_url: str | None,
    as_json: bool,
) -> None:
    """Set up a competition of seasons in a new FOLDER.

    A master secret is drawn, and its commitment published. Every attempt of every team gets worlds
    of its own from it, so that nobody can learn from another team. Keep FOLDER safe: whoever reads
    secret.json knows all labels.

    \b
    Examples:
      customs-kit leaderboard season create my-season --closes 2030-12-31
      customs-kit leaderboard season create my-class --closes +3h --rows 6000 --weeks 12 --worlds 2
    """
    require_extra()
    from datetime import timedelta

    from customs_data.season.kinds import rows_of_season
    from customs_kit.terminal.output import print_json
    from customs_leaderboard.contest import utc_now
    from customs_leaderboard.rules.schedule import parse_moment, parse_time, show_time
    from customs_leaderboard.season.board import make_season_board
    from customs_leaderboard.season.rules import SeasonRules

    begins = parse_time(opens) if opens else utc_now().replace(microsecond=0)
    rules = SeasonRules(
        title=title,
        opens=begins,
        closes=parse_moment(closes, begins) if closes else begins + timedelta(days=_DAYS),
        season=season,
        rows=rows_of_season(season) if rows is None else rows,
        rate=rate,
        schedule=schedule,
        weeks=weeks,
        warm_up_weeks=warm_up_weeks,
        warm_up_rate=rate if warm_up_rate is None else warm_up_rate,
        delay=delay,
        worlds=worlds,
        attempts=attempts,
        contact=contact,
        private=private,
    )
    board = make_season_board(folder, rules, database_url=database_url)
    with board.database.reading() as session:
        commitment = board.state(session).commitment
    board.close_connections()
    if as_json:
        print_json({"folder": str(folder), **board.rules, "commitment": commitment})
        return
    click.echo(
        f"{title}: {show_time(rules.opens)} to {show_time(rules.closes)}, {worlds} worlds of "
        f"{weeks} weeks, {attempts} attempts. Rules: {board.folder.season_file}"
    )
    click.echo(f"Commitment to the master secret: {commitment}")
    click.echo(f"Next: customs-kit leaderboard team add {folder} NAME")
    click.echo(f"      customs-kit leaderboard serve {folder}")


@click.command()
@competition_argument
@database_option
@json_option
def standings(competition: Path, database_url: str | None, as_json: bool) -> None:
    """Show the final table; before the close nobody sees a score.

    Example: customs-kit leaderboard season standings my-season
    """
    from customs_data.errors import KitError

    with opened_season(competition, database_url) as board:
        from customs_leaderboard.season.standings import final_table

        table = final_table(board)
        if table is None:
            raise KitError("The final table is computed by `customs-kit leaderboard season close`.")
        _show_table(board.competition.title, table, as_json)


@click.command()
@competition_argument
@click.option("--early", is_flag=True, help="Close before the deadline; the public log shows it.")
@database_option
@json_option
def close(competition: Path, early: bool, database_url: str | None, as_json: bool) -> None:
    """Close the competition, and compute and publish the final table.

    The last finished attempt of a team counts; attempts under way do not.

    Example: customs-kit leaderboard season close my-season
    """
    with opened_season(competition, database_url) as board:
        from customs_leaderboard.season.ending import close_season

        _show_table(board.competition.title, close_season(board, early=early), as_json)
    if not as_json:
        click.echo(f"Next: customs-kit leaderboard season reveal {competition}")


@click.command()
@competition_argument
@database_option
@json_option
def reveal(competition: Path, database_url: str | None, as_json: bool) -> None:
    """Publish the master secret, and the evidence with which anyone can repeat every season.

    Do the final check first (`season check`): its worlds follow from the same secret.

    Example: customs-kit leaderboard season reveal my-season
    """
    with opened_season(competition, database_url) as board:
        from customs_kit.terminal.output import print_json
        from customs_leaderboard.season.ending import reveal_season

        evidence, secret = reveal_season(board), board.secret.hex()
    if as_json:
        print_json({"evidence": str(evidence), "secret": secret})
        return
    click.echo(f"Master secret: {secret}")
    click.echo(f"Evidence: {evidence}")
    click.echo(f"Check: customs-kit leaderboard season verify {evidence}")


@click.command()
@click.argument("what", metavar="COMPETITION|EVIDENCE", type=click.Path(path_type=Path))
@click.option("--kept", help="Hash noted earlier; check that the log still contains it.")
@click.option("--quick", is_flag=True, help="Do not simulate the worlds.")
@database_option
@json_option
def verify(
    what: Path, kept: str | None, quick: bool, database_url: str | None, as_json: bool
) -> None:
    """Repeat every finished attempt from the secret and the logged decisions.

    Compares commitment, worlds, reports, scores, final table and audit log. WHAT is the published
    evidence.zip, or the organizer's folder, also of a running competition. A world takes about a
    second.

    \b
    Examples:
      customs-kit leaderboard season verify evidence.zip --kept HASH
      customs-kit leaderboard season verify my-season
    """
    require_extra()
    from customs_kit.commands.leaderboard.verify import end_with
    from customs_kit.terminal.output import progress_bar
    from customs_leaderboard.season.verify import SeasonScope, verify_season

    scope = SeasonScope(kept, quick)
    with ExitStack() as stack:

        def progress(total: int) -> Callable[[int], None]:
            return stack.enter_context(progress_bar("Playing again", total, "worlds"))

        source = stack.enter_context(opened_season(what, database_url)) if what.is_dir() else what
        report = verify_season(source, scope, progress)
    end_with(report, as_json=as_json)


def _show_table(title: str, table: SeasonTable, as_json: bool) -> None:
    from customs_kit.terminal.leaderboard_tables import season_final_table
    from customs_kit.terminal.output import print_json, show

    if as_json:
        print_json(table.as_dict())
    else:
        show(season_final_table(title, table))
