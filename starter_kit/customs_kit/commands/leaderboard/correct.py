"""`customs-kit leaderboard strike | unstrike`."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.leaderboard.options import (
    competition_argument,
    database_option,
    opened,
    reason_option,
    show_correction,
)
from customs_kit.commands.options import json_option

_number_argument = click.argument("number", type=click.IntRange(1, 2**31 - 1))


@click.command()
@competition_argument
@_number_argument
@reason_option
@database_option
@json_option
def strike(
    competition: Path, number: int, reason: str, database_url: str | None, as_json: bool
) -> None:
    """Strike submission NUMBER: it is ranked no more; its file is kept.

    The public log shows the reason. The team's public score is that of its other submissions; the
    struck one still counts against its limits. After the close the final standings are computed
    again.

    Example: customs-kit leaderboard strike my-board 17 --reason "Made with another team's file"
    """
    with opened(competition, database_url) as board:
        from customs_kit.terminal.output import progress_console
        from customs_leaderboard.corrections.striking import strike as strike_submission
        from customs_leaderboard.standings.public import team_submission

        with progress_console().status("Striking the submission ..."):
            struck = strike_submission(board, number, reason)
        content = team_submission(board, struck.team_number, number).as_dict()
        show_correction(board, content, f"Submission {number} is struck.", as_json)


@click.command()
@competition_argument
@_number_argument
@reason_option
@database_option
@json_option
def unstrike(
    competition: Path, number: int, reason: str, database_url: str | None, as_json: bool
) -> None:
    """Undo `strike`: submission NUMBER is ranked again.

    The public log shows the reason. After the close the final standings are computed again.

    Example: customs-kit leaderboard unstrike my-board 17 --reason "The file was the team's own"
    """
    with opened(competition, database_url) as board:
        from customs_kit.terminal.output import progress_console
        from customs_leaderboard.corrections.striking import unstrike as restore_submission
        from customs_leaderboard.standings.public import team_submission

        with progress_console().status("Restoring the submission ..."):
            restored = restore_submission(board, number, reason)
        content = team_submission(board, restored.team_number, number).as_dict()
        show_correction(board, content, f"Submission {number} is ranked again.", as_json)
