"""Selections: the submissions that a team chooses for the final standings."""

from __future__ import annotations

from sqlalchemy import delete, select

from customs_data.errors import KitError
from customs_leaderboard.board import Board
from customs_leaderboard.errors import NotFoundError, NotOpenError
from customs_leaderboard.store.audit_log import append_entry, team_actor
from customs_leaderboard.store.schema import RANKED, Selection, Submission, Team
from customs_leaderboard.teams.teams import check_active, lock_teams


def select_submissions(board: Board, team_number: int, numbers: list[int]) -> list[int]:
    """Replace a team's selections; an empty list restores the default.

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
        session.execute(delete(Selection).where(Selection.team_number == team_number))
        session.add_all(
            Selection(submission_number=number, team_number=team_number, selected_at=now)
            for number in chosen
        )
        actor, details = team_actor(team_number), {"submissions": chosen}
        append_entry(board.database, session, now, actor, "selection changed", details)
    return chosen


def selected_numbers(board: Board, team_number: int) -> list[int]:
    """Return a team's selections without struck ones, sorted; empty if the default applies."""
    with board.database.reading() as session:
        return list(
            session.scalars(
                select(Selection.submission_number)
                .join(Submission)
                .where(Selection.team_number == team_number, RANKED)
                .order_by(Selection.submission_number)
            )
        )
