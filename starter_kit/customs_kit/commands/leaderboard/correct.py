"""`customs-kit leaderboard strike | unstrike | rejudge`."""

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
    """Strike submission NUMBER: it is no longer ranked; its file is kept.

    The public log shows the reason. The team's public score is that of its other submissions; the
    struck one still counts against its limits. After the close the final standings are computed
    again.

    \b
    Example:
      customs-kit leaderboard strike my-board 17 --reason "Made with another team's file"
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

    \b
    Example:
      customs-kit leaderboard unstrike my-board 17 --reason "The file was the team's own"
    """
    with opened(competition, database_url) as board:
        from customs_kit.terminal.output import progress_console
        from customs_leaderboard.corrections.striking import unstrike as restore_submission
        from customs_leaderboard.standings.public import team_submission

        with progress_console().status("Restoring the submission ..."):
            restored = restore_submission(board, number, reason)
        content = team_submission(board, restored.team_number, number).as_dict()
        show_correction(board, content, f"Submission {number} is ranked again.", as_json)


@click.command()
@competition_argument
@click.argument("solution", metavar="SOLUTION_FILE", type=click.Path(path_type=Path))
@reason_option
@database_option
@json_option
def rejudge(
    competition: Path, solution: Path, reason: str, database_url: str | None, as_json: bool
) -> None:
    """Replace the labels with those of SOLUTION_FILE, and score every submission again.

    SOLUTION_FILE is a copy of the edition's hidden/solution.csv (of an edition in parts, of the
    folder) with corrected labels; it is copied into the competition's folder, and the edition stays
    as it is. The public log shows the reason,
    the old and new commitment, and each team's old and new public score. A running service takes
    the new labels by itself. Generated editions are refused: other labels would contradict their
    secret.

    \b
    Example:
      customs-kit leaderboard rejudge my-board solution.csv --reason "Appeals of May 2030"
    """
    with opened(competition, database_url) as board:
        from customs_kit.terminal.output import progress_console
        from customs_leaderboard.corrections.rejudging import rejudge as judge_again

        with progress_console().status("Scoring all submissions again ..."):
            result = judge_again(board, solution, reason)
        sentence = (
            f"Submissions scored again: {result.n_submissions:,}. Public scores on the board that "
            f"changed: {len(result.scores):,}. New commitment: {result.commitment}"
        )
        show_correction(board, result.as_dict(), sentence, as_json)
