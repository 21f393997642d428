"""`customs-kit leaderboard announce | status | organizer-token`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from customs_kit.commands.leaderboard.options import (
    competition_argument,
    database_option,
    opened,
    opened_any,
)
from customs_kit.commands.options import json_option


@click.command()
@competition_argument
@click.argument("text", required=False)
@click.option(
    "--withdraw", type=int, metavar="N", help="Take announcement N off the pages; the log keeps it."
)
@database_option
@json_option
def announce(
    competition: Path,
    text: str | None,
    withdraw: int | None,
    database_url: str | None,
    as_json: bool,
) -> None:
    """Publish TEXT at the top of the standings, under News, in the feed and in the public log.

    TEXT has at most 1,000 characters, with paragraphs, lists, *emphasis*, `code` and
    [links](https://board.example) as in Markdown. Without TEXT, standard input is read.

    \b
    Examples:
      customs-kit leaderboard announce my-board "The server was down from 9:00 to 9:20 UTC."
      customs-kit leaderboard announce my-board < news.md
      customs-kit leaderboard announce my-board --withdraw 12
    """
    if text is not None and withdraw is not None:
        raise click.UsageError("Give a text or --withdraw, not both.")
    if text is None and withdraw is None:
        if sys.stdin.isatty():
            raise click.UsageError("Give a text, or --withdraw with a number.")
        text = sys.stdin.read()
    with opened_any(competition, database_url) as board:
        from customs_kit.terminal.output import print_json
        from customs_leaderboard.organizing import announcements

        if withdraw is not None:
            announcement = announcements.withdraw(board, withdraw)
        else:
            announcement = announcements.announce(board, text or "")
    if as_json:
        print_json({**announcement.as_dict(), "withdrawn": withdraw is not None})
    elif withdraw is not None:
        click.echo(f"Announcement {announcement.number} is withdrawn; the log keeps it.")
    else:
        click.echo(f"Announcement {announcement.number} is published.")


@click.command()
@competition_argument
@database_option
@json_option
def status(competition: Path, database_url: str | None, as_json: bool) -> None:
    """Show how a competition is doing: time left, teams, submissions, disk and backup.

    \b
    Examples:
      customs-kit leaderboard status my-board
      customs-kit leaderboard status my-board --json
    """
    with opened(competition, database_url) as board:
        from customs_kit.terminal.output import print_json, show, warn
        from customs_kit.terminal.status_table import status_table
        from customs_leaderboard.organizing.status import read_status

        now = read_status(board)
    if as_json:
        print_json(now.as_dict())
        return
    show(status_table(now))
    for warning in now.warnings:
        warn(warning)


@click.command("organizer-token")
@competition_argument
@database_option
@json_option
def organizer_token(competition: Path, database_url: str | None, as_json: bool) -> None:
    """Print a new token for the admin page; the old one stops working.

    The page is at /admin, the API at /api/v1/admin. Whoever has the token can announce, extend,
    disable teams and strike submissions, but sees no exact score before the close.

    Example: customs-kit leaderboard organizer-token my-board
    """
    with opened(competition, database_url) as board:
        from customs_kit.terminal.output import print_json
        from customs_leaderboard.teams.codes import renew_code

        token = renew_code(board, "organizer", "organizer token made")
    if as_json:
        print_json({"token": token})
        return
    click.echo("Token of the organizer; it cannot be shown again:", err=True)
    click.echo(token)
