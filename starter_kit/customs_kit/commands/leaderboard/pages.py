"""`customs-kit leaderboard pages`."""

from __future__ import annotations

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
@database_option
@json_option
def pages(competition: Path, database_url: str | None, as_json: bool) -> None:
    """Check the texts in pages/, and write those that are missing: overview, rules, data, contact.

    They are Markdown for you to edit; the service shows a change at once. A file that exists is
    never changed: delete it to get the kit's text again.

    Example: customs-kit leaderboard pages my-board
    """
    with opened(competition, database_url) as board:
        from customs_kit.terminal.output import print_json
        from customs_leaderboard.publishing.board_pages import write_pages

        written = write_pages(board)
    if as_json:
        print_json({"folder": str(board.folder.pages), "written": written})
    elif written:
        click.echo(f"{board.folder.pages}: wrote {', '.join(f'{name}.md' for name in written)}.")
    else:
        click.echo(f"{board.folder.pages} is complete; nothing was changed.")
