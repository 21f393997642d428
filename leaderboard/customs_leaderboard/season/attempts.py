"""Attempts of a team: the last finished one counts, so a team has one under way at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customs_leaderboard.errors import ConflictError, NotFoundError, NotOpenError, QuotaError
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.season.board import SeasonBoard
from customs_leaderboard.store.actions import ATTEMPT_BEGUN, team_actor
from customs_leaderboard.store.audit_log import append_entry
from customs_leaderboard.store.schema import SeasonAttempt, SeasonStep, State, Team
from customs_leaderboard.teams.teams import check_active, lock_teams


@dataclass(frozen=True)
class AttemptProgress:
    """An attempt, and how far it is.

    Attributes
    ----------
    number : int
    begun_at : datetime
    finished_at, abandoned_at : datetime or None
        When the last week of its last world was decided, or another attempt ended it.
    decided : list of int
        Number of weeks decided, world by world.
    """

    number: int
    begun_at: datetime
    finished_at: datetime | None
    abandoned_at: datetime | None
    decided: list[int]

    @property
    def is_open(self) -> bool:
        """Whether weeks can be decided."""
        return self.finished_at is None and self.abandoned_at is None

    def as_dict(self, n_weeks: int) -> dict[str, Any]:
        """Return the attempt as plain data for JSON; `n_weeks` is the length of a season."""
        moments = {
            name: None if (at := getattr(self, name)) is None else show_time(at)
            for name in ("begun_at", "finished_at", "abandoned_at")
        }
        worlds = [
            {"world": world, "n_decided": n, "next_week": n + 1 if n < n_weeks else None}
            for world, n in enumerate(self.decided, 1)
        ]
        return {"attempt": self.number, **moments, "worlds": worlds}


def list_attempts(board: SeasonBoard, team_number: int) -> list[AttemptProgress]:
    """Return a team's attempts in the order they were begun."""
    with board.database.reading() as session:
        return attempts_of(board, session, team_number)


def attempts_of(board: SeasonBoard, session: Session, team_number: int) -> list[AttemptProgress]:
    """Return the same within a transaction."""
    counts = (
        select(SeasonStep.attempt, SeasonStep.world, func.count())
        .where(SeasonStep.team_number == team_number)
        .group_by(SeasonStep.attempt, SeasonStep.world)
    )
    decided: dict[int, dict[int, int]] = defaultdict(dict)
    for attempt, world, n in session.execute(counts):
        decided[attempt][world] = n
    query = (
        select(SeasonAttempt)
        .where(SeasonAttempt.team_number == team_number)
        .order_by(SeasonAttempt.number)
    )
    worlds = range(1, board.competition.worlds + 1)
    return [
        AttemptProgress(
            row.number,
            row.begun_at,
            row.finished_at,
            row.abandoned_at,
            [decided[row.number].get(world, 0) for world in worlds],
        )
        for row in session.scalars(query)
    ]


def begin_attempt(
    board: SeasonBoard, team_number: int, number: int, *, abandon: bool = False
) -> tuple[AttemptProgress, bool]:
    """Begin an attempt. The same request again changes nothing.

    Parameters
    ----------
    board : SeasonBoard
    team_number : int
    number : int
        Number of the attempt, one more than the team has.
    abandon : bool
        End the attempt before it, if that is not finished.

    Returns
    -------
    attempt : AttemptProgress
    is_new : bool
        False if it was begun before.

    Raises
    ------
    NotOpenError
        If the competition is not open.
    QuotaError
        If the team has no attempt left.
    ConflictError
        If the attempt before it is neither finished nor to be ended, or the number is not the next.
    """
    with board.database.writing() as session:
        lock_teams(board.database, session, {team_number})
        check_active(session.get_one(Team, team_number))
        attempts = attempts_of(board, session, team_number)
        if 1 <= number <= len(attempts):
            return attempts[number - 1], False
        now = board.now()
        check_open(board, board.state(session, "read"), now)
        if number != len(attempts) + 1:
            raise ConflictError(f"Your team's next attempt is {len(attempts) + 1}, not {number}.")
        if number > (most := board.competition.attempts):
            raise QuotaError(f"Your team has begun {most} attempts, and may begin no more.", None)
        ended = attempts[-1].number if attempts and attempts[-1].is_open else None
        if ended is not None:
            if not abandon:
                raise ConflictError(
                    f"Attempt {ended} is not finished. Go on with it, or add abandon=true, which "
                    "ends it for good."
                )
            session.get_one(SeasonAttempt, (team_number, ended)).abandoned_at = now
        session.add(SeasonAttempt(team_number=team_number, number=number, begun_at=now))
        details = {"attempt": number, "ended": ended}
        actor = team_actor(team_number)
        append_entry(board.database, session, now, actor, ATTEMPT_BEGUN, details)
    return AttemptProgress(number, now, None, None, [0] * board.competition.worlds), True


def check_open(board: SeasonBoard, state: State, at: datetime) -> None:
    """Check that a team may act at a time.

    Raises
    ------
    NotOpenError
        Before the start, from the deadline on, or after the close.
    """
    if at < (opens := board.competition.opens):
        raise NotOpenError(f"The competition opens {show_time(opens)}.")
    if state.closed_at is not None or at >= state.closes:
        raise NotOpenError(f"The competition closed {show_time(state.closed_at or state.closes)}.")


def check_world(board: SeasonBoard, world: int) -> None:
    """Raise `NotFoundError` if an attempt has no such world."""
    if not 1 <= world <= (n := board.competition.worlds):
        raise NotFoundError(f"An attempt has the worlds 1 to {n}.")
