"""Selections: the submissions that a team chooses for the final standings."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.errors import NotFoundError, NotOpenError, QuotaError
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.store.actions import team_actor
from customs_leaderboard.store.audit_log import append_entry
from customs_leaderboard.store.schema import RANKED, AuditEntry, Selection, Submission, Team
from customs_leaderboard.submissions.receipts import day_of, next_day
from customs_leaderboard.teams.teams import check_active, lock_teams

#: Changes of a team's selections per day (UTC), each of which is an entry of the audit log.
MAX_CHANGES: Final = 50
_CHANGED: Final = "selection changed"


def select_submissions(board: Board, team_number: int, numbers: list[int]) -> list[int]:
    """Replace a team's selections; an empty list restores the default.

    The same selections once more change nothing, and are not logged.

    Parameters
    ----------
    board : Board
        The competition.
    team_number : int
        Number of an authenticated team.
    numbers : list of int
        Numbers of its submissions; duplicates are ignored.

    Returns
    -------
    list of int
        The selections, sorted.

    Raises
    ------
    KitError
        If there are more than the competition allows, or one is late or struck.
    NotFoundError
        If one does not belong to the team.
    NotOpenError
        After the deadline.
    QuotaError
        If the team has changed its selections `MAX_CHANGES` times today.
    """
    chosen = sorted(set(numbers))
    if len(chosen) > board.competition.n_selections:
        raise KitError(
            f"{len(chosen)} submissions are selected, but at most "
            f"{board.competition.n_selections} may be. Deselect some."
        )
    now = board.now()
    with board.database.writing() as session:
        lock_teams(board.database, session, [team_number])
        check_active(session.get_one(Team, team_number))
        if board.phase(board.state(session, "read")) not in ("upcoming", "open"):
            raise NotOpenError("The deadline is over: selections can no longer change.")
        own = select(Submission).where(
            Submission.team_number == team_number, Submission.number.in_(chosen)
        )
        submissions = {submission.number: submission for submission in session.scalars(own)}
        for number in chosen:
            if number not in submissions:
                raise NotFoundError(f"Your team has no submission {number}.")
            if submissions[number].late:
                raise KitError(f"Submission {number} was late and cannot be selected.")
            if submissions[number].struck_at is not None:
                raise KitError(
                    f"Submission {number} was struck by the organizer "
                    f"({submissions[number].struck_reason}) and cannot be selected."
                )
        if chosen == _selected(session, team_number):
            return chosen
        _check_changes(session, team_number, now)
        session.execute(delete(Selection).where(Selection.team_number == team_number))
        session.add_all(
            Selection(submission_number=number, team_number=team_number, selected_at=now)
            for number in chosen
        )
        actor, details = team_actor(team_number), {"submissions": chosen}
        append_entry(board.database, session, now, actor, _CHANGED, details)
    return chosen


def _check_changes(session: Session, team_number: int, now: datetime) -> None:
    today = select(func.count()).where(
        AuditEntry.actor == team_actor(team_number),
        AuditEntry.action == _CHANGED,
        AuditEntry.at >= datetime.fromisoformat(f"{day_of(now)}T00:00Z"),
    )
    if session.scalars(today).one() >= MAX_CHANGES:
        resets_at = next_day(now)
        raise QuotaError(
            f"Your team has changed its selections {MAX_CHANGES} times today. Change them again "
            f"from {show_time(resets_at)}.",
            resets_at,
        )


def selected_numbers(board: Board, team_number: int) -> list[int]:
    """Return a team's selections without struck ones, sorted; empty if the default applies."""
    with board.database.reading() as session:
        return _selected(session, team_number, RANKED)


def _selected(session: Session, team_number: int, *conditions: ColumnElement[bool]) -> list[int]:
    own = select(Selection.submission_number).join(Submission)
    return sorted(session.scalars(own.where(Selection.team_number == team_number, *conditions)))
