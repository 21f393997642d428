"""Strike one submission, and undo it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.corrections.standing import replay_team
from customs_leaderboard.errors import NotFoundError
from customs_leaderboard.rules.reasons import check_reason
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.standings.close import recompute_final
from customs_leaderboard.standings.final import withdraw_final
from customs_leaderboard.store.actions import ORGANIZER
from customs_leaderboard.store.audit_log import Event, append_entries
from customs_leaderboard.store.schema import Submission, Team
from customs_leaderboard.teams.teams import lock_teams


def strike(board: Board, number: int, reason: str) -> Submission:
    """Strike a submission: it is no longer ranked, but counts against the team's limits.

    The team's Ladder is replayed from its other submissions. A selection of the submission is
    ignored while it is struck. After the close the final standings are computed again; if that is
    interrupted, `close_competition` computes them.

    Parameters
    ----------
    board : Board
        The competition.
    number : int
        Number of the submission.
    reason : str
        Reason for the public log, 1 to 200 printable characters.

    Raises
    ------
    NotFoundError
        If there is no such submission.
    KitError
        If it is struck already, the reason is not allowed, or a file of the team has changed.
    """
    check_reason(reason)
    with board.database.writing() as session:
        submission, team = _locked(board, session, number)
        if submission.struck_at is not None:
            raise KitError(
                f"Submission {number} was already struck {show_time(submission.struck_at)}."
            )
        submission.struck_at, submission.struck_reason = board.now(), reason
        _store(board, session, "submission struck", submission, team, reason)
    recompute_final(board)
    return submission


def unstrike(board: Board, number: int, reason: str) -> Submission:
    """Undo `strike`; parameters as there.

    Raises
    ------
    NotFoundError
        If there is no such submission.
    KitError
        If it is not struck, the reason is not allowed, or a file of the team has changed.
    """
    check_reason(reason)
    with board.database.writing() as session:
        submission, team = _locked(board, session, number)
        if submission.struck_at is None:
            raise KitError(f"Submission {number} is not struck.")
        submission.struck_at = submission.struck_reason = None
        _store(board, session, "submission restored", submission, team, reason)
    recompute_final(board)
    return submission


def _locked(board: Board, session: Session, number: int) -> tuple[Submission, Team]:
    """Return a submission and its locked team; nothing is accepted or rejudged meanwhile."""
    submission = session.get(Submission, number)
    if submission is None:
        raise NotFoundError(f"There is no submission {number}.")
    lock_teams(board.database, session, [submission.team_number])
    session.refresh(submission)
    team = session.get_one(Team, submission.team_number, populate_existing=True)
    return submission, team


def _store(
    board: Board, session: Session, action: str, submission: Submission, team: Team, reason: str
) -> None:
    session.flush()
    withdraw_final(board, session)
    now = board.now()
    replayed = replay_team(board, session, team, now)
    details = {
        "submission": submission.number, "team": team.number, "name": team.name, "reason": reason,
    }  # fmt: skip
    events = [Event(now, ORGANIZER, action, details)]
    append_entries(board.database, session, events + ([replayed] if replayed else []))
