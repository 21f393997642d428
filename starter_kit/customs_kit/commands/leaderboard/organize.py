"""`customs-kit leaderboard announce`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from customs_kit.commands.leaderboard.options import (
    competition_argument,
    database_option,
    opened,
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
    """Publish TEXT on top of the page, on the page News, in the feed and in the public log.

    TEXT has at most 1,000 characters, with paragraphs, lists, *emphasis*, `code` and
    [links](https://board.example) as in Markdown. Without TEXT it is read from standard input.

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
    with opened(competition, database_url) as board:
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
