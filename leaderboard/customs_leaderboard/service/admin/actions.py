"""What an organizer may do through the service; every action enters the log.

Closing and revealing stay on the command line: they cannot be undone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request

from customs_leaderboard.board import Board
from customs_leaderboard.corrections.disabling import disable_team, enable_team
from customs_leaderboard.corrections.striking import strike, unstrike
from customs_leaderboard.errors import NotFoundError, UnknownOrganizerError
from customs_leaderboard.organizing import announcements
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.service.access import board_of, charge_wrong
from customs_leaderboard.standings.close import extend_deadline, parse_deadline
from customs_leaderboard.store.actions import acting_at_admin_page
from customs_leaderboard.store.schema import Team
from customs_leaderboard.teams.codes import opens


def check_organizer(request: Request, token: str) -> None:
    """Check the organizer's token; blocks.

    Raises
    ------
    UnknownOrganizerError
        If it is another one.
    TooManyRequestsError
        If too many wrong ones came from the client's address.
    """
    with charge_wrong(request):
        if not opens(board_of(request), token.strip(), "organizer"):
            raise UnknownOrganizerError


@contextmanager
def as_organizer(request: Request) -> Iterator[Board]:
    """Let the log name the admin page in the block; afterwards pages show what was done."""
    try:
        with acting_at_admin_page():
            yield board_of(request)
    finally:
        request.app.state.answers.expire()


def announce(board: Board, text: str) -> str:
    """Publish an announcement; errors as `announcements.announce`."""
    return f"Announcement {announcements.announce(board, text).number} is published."


def withdraw(board: Board, number: int) -> str:
    """Withdraw an announcement; errors as `announcements.withdraw`."""
    return f"Announcement {announcements.withdraw(board, number).number} is withdrawn."


def extend(board: Board, closes: str, reason: str) -> str:
    """Extend the deadline to a time, or by ``+2h``; errors as `extend_deadline`."""
    moment = parse_deadline(board, closes)
    extend_deadline(board, moment, reason)
    return f"The competition closes {show_time(moment)}."


def disable(board: Board, team_number: int, reason: str) -> str:
    """Disable a team; errors as `disable_team`."""
    return f"{disable_team(board, _name_of(board, team_number), reason).name} is disabled."


def enable(board: Board, team_number: int, reason: str) -> str:
    """Enable a team again; errors as `enable_team`."""
    return f"{enable_team(board, _name_of(board, team_number), reason).name} takes part again."


def strike_submission(board: Board, number: int, reason: str) -> str:
    """Strike a submission; errors as `strike`."""
    return f"Submission {strike(board, number, reason).number} is struck."


def restore_submission(board: Board, number: int, reason: str) -> str:
    """Let a struck submission count again; errors as `unstrike`."""
    return f"Submission {unstrike(board, number, reason).number} counts again."


def _name_of(board: Board, team_number: int) -> str:
    with board.database.reading() as session:
        team = session.get(Team, team_number)
    if team is None:
        raise NotFoundError(f"There is no team with the number {team_number}.")
    return team.name
