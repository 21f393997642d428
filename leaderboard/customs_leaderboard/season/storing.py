"""Store decided weeks, several in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.errors import ConflictError
from customs_leaderboard.season.attempts import check_open
from customs_leaderboard.season.board import SeasonBoard
from customs_leaderboard.season.live import Place
from customs_leaderboard.season.reports import hash_selection
from customs_leaderboard.store.actions import WEEK_DECIDED, team_actor
from customs_leaderboard.store.audit_log import Event, append_entries
from customs_leaderboard.store.commitments import canonical_json
from customs_leaderboard.store.schema import SeasonAttempt, SeasonResult, SeasonStep, Team
from customs_leaderboard.teams.teams import check_active, lock_teams


@dataclass(frozen=True)
class NewStep:
    """A decision to be stored.

    Attributes
    ----------
    place : Place
    week : int
    selection : str
        As of `selection_json`.
    reports_sha256 : str
        SHA-256 of the reports of the answer (`hash_reports`).
    scores : dict or None
        Scores on the world, with its last week.
    received_at : datetime
        When the request was complete.
    """

    place: Place
    week: int
    selection: str
    reports_sha256: str
    scores: dict[str, Any] | None
    received_at: datetime


def store_steps(board: SeasonBoard, steps: Sequence[NewStep]) -> list[Exception | None]:
    """Store decisions of several teams in one transaction, each with its entry in the log.

    Parameters
    ----------
    board : SeasonBoard
    steps : sequence of NewStep

    Returns
    -------
    list of None or Exception
        For each step why it was refused, or None.

    Raises
    ------
    UnavailableError
        If the database does not respond; then none was stored.
    """
    outcomes: list[Exception | None] = []
    events = []
    with board.database.writing() as session:
        lock_teams(board.database, session, {step.place.team_number for step in steps})
        state = board.state(session, "read")
        now = board.now()
        for step in steps:
            try:
                check_active(session.get_one(Team, step.place.team_number))
                check_open(board, state, step.received_at)
                details = _add(board, session, step, now)
            except KitError as error:
                outcomes.append(error)
                continue
            sealed = None if step.scores is None else sealed_scores(step.place, step.scores)
            actor = team_actor(step.place.team_number)
            events.append(Event(now, actor, WEEK_DECIDED, details, sealed))
            outcomes.append(None)
        if events:
            append_entries(board.database, session, events)
    return outcomes


def _add(board: SeasonBoard, session: Session, step: NewStep, now: datetime) -> dict[str, Any]:
    """Add the rows of a decision; return the details of its entry."""
    place = step.place
    attempt = session.get_one(SeasonAttempt, place[:2])
    if attempt.abandoned_at is not None:
        raise ConflictError(f"Attempt {attempt.number} was ended by a later one.")
    of_attempt = (
        SeasonStep.team_number == place.team_number,
        SeasonStep.attempt == place.attempt,
    )
    decided = select(func.count()).where(*of_attempt, SeasonStep.world == place.world)
    if session.scalar(decided) != step.week - 1:
        raise ConflictError(f"Week {step.week} was decided by another request meanwhile.")
    session.add(
        SeasonStep(**place._asdict(), week=step.week, decided_at=now, selection=step.selection)
    )
    details: dict[str, Any] = {
        "attempt": place.attempt,
        "world": place.world,
        "week": step.week,
        "selection_sha256": hash_selection(step.selection),
        "reports_sha256": step.reports_sha256,
    }
    if step.scores is not None:
        session.add(SeasonResult(**place._asdict(), scores=canonical_json(step.scores)))
        session.flush()
        finished = select(func.count()).where(
            SeasonResult.team_number == place.team_number, SeasonResult.attempt == place.attempt
        )
        if session.scalar(finished) == board.competition.worlds:
            attempt.finished_at = now
            details["finishes"] = True
    session.flush()
    return details


def sealed_scores(place: Place, scores: dict[str, Any]) -> dict[str, Any]:
    """Return what the entry of a last week commits to: the exact scores, and whose they are."""
    return {**place._asdict(), "scores": scores}
