"""Disable a team, and enable it again."""

from __future__ import annotations

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.contest import Contest
from customs_leaderboard.rules.reasons import check_reason
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.standings.close import recompute_final
from customs_leaderboard.standings.final import withdraw_final
from customs_leaderboard.store.actions import ORGANIZER
from customs_leaderboard.store.audit_log import append_entry
from customs_leaderboard.store.schema import Team
from customs_leaderboard.teams.teams import find_team


def disable_team(board: Contest, name: str, reason: str) -> Team:
    """Refuse a team's tokens and remove the team from all standings; its files stay.

    After the close the final standings are computed again. If that is interrupted,
    `close_competition` computes them.

    Parameters
    ----------
    board : Contest
        The competition.
    name : str
        The team's name.
    reason : str
        Reason for the public log, 1 to 200 printable characters.

    Raises
    ------
    KitError
        If there is no such team, it is disabled already, or the reason is not allowed.
    """
    check_reason(reason)
    with board.database.writing() as session:
        team = find_team(session, name, lock=True)
        if team.disabled_at is not None:
            raise KitError(f"{team.name} was already disabled {show_time(team.disabled_at)}.")
        now = team.disabled_at = board.now()
        team.disabled_reason = reason
        withdraw_final(board, session)
        details = {"team": team.number, "name": team.name, "reason": reason}
        append_entry(board.database, session, now, ORGANIZER, "team disabled", details)
    _recompute(board)
    return team


def enable_team(board: Contest, name: str, reason: str) -> Team:
    """Undo `disable_team`; parameters as there.

    Raises
    ------
    KitError
        If there is no such team, it is not disabled, or the reason is not allowed.
    """
    check_reason(reason)
    with board.database.writing() as session:
        team = find_team(session, name, lock=True)
        if team.disabled_at is None:
            raise KitError(f"{team.name} is not disabled.")
        team.disabled_at = team.disabled_reason = None
        withdraw_final(board, session)
        details = {"team": team.number, "name": team.name, "reason": reason}
        append_entry(board.database, session, board.now(), ORGANIZER, "team enabled", details)
    _recompute(board)
    return team


def _recompute(board: Contest) -> None:
    """Compute the final standings of a competition on an edition; a season's close does its own."""
    if isinstance(board, Board):
        recompute_final(board)
