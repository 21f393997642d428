"""Admission: whether a file is accepted, given its team's submissions in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, func, select, true
from sqlalchemy.orm import Session

from customs_leaderboard.board import Board
from customs_leaderboard.errors import NotOpenError, QuotaError
from customs_leaderboard.rules.competition import show_time
from customs_leaderboard.store.schema import State, Submission, Team
from customs_leaderboard.submissions.receipts import Receipt, day_of, next_day
from customs_leaderboard.teams.teams import check_active


@dataclass(frozen=True)
class ReceivedFile:
    """A complete file that is not accepted yet.

    Attributes
    ----------
    team_number : int
        Number of an authenticated team.
    sha256 : str
        SHA-256 of the file.
    received_at : datetime
        Time at which it was complete.
    """

    team_number: int
    sha256: str
    received_at: datetime


@dataclass
class TeamDay:
    """A team's day, as far as it decides on received files.

    Attributes
    ----------
    team : Team
        The team.
    state : State
        The competition's state.
    n_submissions : int
        Submissions of the day.
    earlier : dict of str to Submission
        The received files that were accepted before, on any day, by SHA-256.
    """

    team: Team
    state: State
    n_submissions: int
    earlier: dict[str, Submission] = field(default_factory=dict)


# Built once, because building a statement costs as much as running it.
_N_TODAY: Final = (
    select(func.count())
    .select_from(Submission)
    .where(Submission.team_number == Team.number, Submission.day >= bindparam("day"))
    .correlate(Team)
    .scalar_subquery()
)
_COUNT_TODAY: Final = select(_N_TODAY).where(Team.number == bindparam("team"))
_RECEIVED: Final = (
    select()
    .select_from(Team)
    .join(State, true())
    .outerjoin(
        Submission,
        and_(
            Submission.team_number == Team.number,
            Submission.sha256.in_(bindparam("sha256", expanding=True)),
        ),
    )
    .where(Team.number.in_(bindparam("teams", expanding=True)))
)
_LOOK_UP: Final = _RECEIVED.add_columns(Team, State, _N_TODAY, Submission).with_for_update(
    read=True, of=State
)
_KINDS: Final = (Team, State, Submission)
_GLANCE: Final = _RECEIVED.add_columns(
    *(column for kind in _KINDS for column in kind.__table__.columns), _N_TODAY
)


def glance(connection: Connection, file: ReceivedFile) -> TeamDay:
    """Read what decides on a file, without locks.

    Parameters
    ----------
    connection : Connection
        From ``database.glancing()``.
    file : ReceivedFile
        The file.
    """
    values = iter(connection.execute(_GLANCE, _values_of([file], day_of(file.received_at))).one())
    # Plain objects outside a session: cheaper to make than to load.
    team, state, earlier = (
        {column.key: next(values) for column in kind.__table__.columns} for kind in _KINDS
    )
    today = TeamDay(Team(**team), State(**state), next(values))
    if earlier["number"] is not None:
        today.earlier[file.sha256] = Submission(**earlier)
    return today


def look_up(session: Session, files: Sequence[ReceivedFile]) -> dict[tuple[int, str], TeamDay]:
    """Read what decides on files, and lock the competition's state until the transaction ends.

    Parameters
    ----------
    session : Session
        From ``database.writing()``; the teams are locked (`teams.lock_teams`).
    files : sequence of ReceivedFile
        The files.

    Returns
    -------
    dict of (int, str) to TeamDay
        By team number and day.
    """
    days: dict[tuple[int, str], TeamDay] = {}
    for day in {day_of(file.received_at): None for file in files}:  # one, except at midnight
        todays = [file for file in files if day_of(file.received_at) == day]
        for team, state, n_today, earlier in session.execute(_LOOK_UP, _values_of(todays, day)):
            today = days.setdefault((team.number, day), TeamDay(team, state, n_today))
            if earlier is not None:
                today.earlier[earlier.sha256] = earlier
    return days


def _values_of(files: Sequence[ReceivedFile], day: str) -> dict[str, Any]:
    return {
        "teams": sorted({file.team_number for file in files}),
        "sha256": sorted({file.sha256 for file in files}),
        "day": day,
    }


def admit(board: Board, today: TeamDay, received_at: datetime) -> bool:
    """Return whether a file is late, or refuse it.

    Raises
    ------
    DisabledTeamError
        If the team was disabled.
    NotOpenError
        Before the start, or after the close if late submissions are not accepted.
    QuotaError
        If the team has no submission left today.
    """
    check_active(today.team)
    opens = board.competition.opens
    if received_at < opens:
        raise NotOpenError(f"The competition opens {show_time(opens)}. Send the file then.")
    closed_at, closes = today.state.closed_at, today.state.closes
    late = closed_at is not None or received_at >= closes
    if late and not board.competition.late_submissions:
        raise NotOpenError(f"The competition closed {show_time(closed_at or closes)}.")
    if today.n_submissions >= board.competition.daily_limit:
        resets_at = next_day(received_at)
        raise QuotaError(
            f"Your team has used its {board.competition.daily_limit} submissions for today. The "
            f"next day starts {show_time(resets_at)}.",
            resets_at,
        )
    return late


def earlier_receipt(board: Board, today: TeamDay, file: ReceivedFile) -> Receipt | None:
    """Return a receipt if the team has sent the same file before.

    Raises
    ------
    DisabledTeamError
        If the team was disabled.
    """
    check_active(today.team)
    earlier = today.earlier.get(file.sha256)
    if earlier is None:
        return None
    return make_receipt(board, earlier, today.n_submissions, file.received_at, duplicate=True)


def make_receipt(
    board: Board, submission: Submission, n_today: int, now: datetime, *, duplicate: bool = False
) -> Receipt:
    """Return the receipt of a submission, given the team's submissions on the day of `now`."""
    return Receipt(
        number=submission.number,
        received_at=submission.received_at,
        sha256=submission.sha256,
        duplicate=duplicate,
        late=submission.late,
        shown=submission.shown,
        improved=submission.improved and not duplicate,
        n_left_today=max(board.competition.daily_limit - n_today, 0),
        resets_at=next_day(now),
    )


def count_today(session: Session, team_number: int, now: datetime) -> int:
    """Return the number of a team's submissions on the day of `now`."""
    values = {"team": team_number, "day": day_of(now)}
    n_today: int = session.scalars(_COUNT_TODAY, values).one()
    return n_today
