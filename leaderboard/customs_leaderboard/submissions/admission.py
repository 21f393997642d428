"""Admission: whether a file may be counted, by what the database says of its team."""

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
    """A file that wants to be counted.

    Attributes
    ----------
    team_number : int
        Of a team that was authenticated.
    sha256 : str
        Of the file.
    received_at : datetime
        When the whole file had been received.
    """

    team_number: int
    sha256: str
    received_at: datetime


@dataclass
class TeamDay:
    """What decides on a team's files of a day: the competition, their count, the same files before.

    Attributes
    ----------
    team : Team
        Whose.
    state : State
        Of the competition.
    n_today : int
        Files counted in the day.
    same : dict of str to Submission
        By SHA-256, those of the claimed files that were counted before, on whatever day.
    """

    team: Team
    state: State
    n_today: int
    same: dict[str, Submission] = field(default_factory=dict)


# Statements that every submission needs are made once: making one costs as much as running it.
_N_TODAY: Final = (
    select(func.count())
    .select_from(Submission)
    .where(Submission.team_number == Team.number, Submission.day == bindparam("day"))
    .correlate(Team)
    .scalar_subquery()
)
_COUNT_TODAY: Final = select(_N_TODAY).where(Team.number == bindparam("team"))
_CLAIMED: Final = (
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
_LOOK_UP: Final = _CLAIMED.add_columns(Team, State, _N_TODAY, Submission).with_for_update(
    read=True, of=State
)
_KINDS: Final = (Team, State, Submission)
_GLANCE: Final = _CLAIMED.add_columns(
    *(column for kind in _KINDS for column in kind.__table__.columns), _N_TODAY
)


def glance(connection: Connection, claim: ReceivedFile) -> TeamDay:
    """Look up what decides on a file, without keeping it so.

    Parameters
    ----------
    connection : Connection
        From ``database.glancing()``.
    claim : ReceivedFile
        The file.
    """
    wanted = _wanted([claim], day_of(claim.received_at))
    values = iter(connection.execute(_GLANCE, wanted).one())
    # Plain objects, of no session: making them is cheaper than loading them.
    team, state, same = (
        {column.key: next(values) for column in kind.__table__.columns} for kind in _KINDS
    )
    case = TeamDay(Team(**team), State(**state), next(values))
    if same["number"] is not None:
        case.same[claim.sha256] = Submission(**same)
    return case


def look_up(session: Session, claims: Sequence[ReceivedFile]) -> dict[tuple[int, str], TeamDay]:
    """Look up what decides on files; the competition stays as it is until the transaction ends.

    Parameters
    ----------
    session : Session
        From ``database.writing()``; the teams are locked (`teams.lock_teams`).
    claims : sequence of ReceivedFile
        The files.

    Returns
    -------
    dict of (int, str) to TeamDay
        By team number and day.
    """
    cases: dict[tuple[int, str], TeamDay] = {}
    for day in {day_of(claim.received_at): None for claim in claims}:  # one, but for midnight
        todays = [claim for claim in claims if day_of(claim.received_at) == day]
        for team, state, n_today, same in session.execute(_LOOK_UP, _wanted(todays, day)):
            case = cases.setdefault((team.number, day), TeamDay(team, state, n_today))
            if same is not None:
                case.same[same.sha256] = same
    return cases


def _wanted(claims: Sequence[ReceivedFile], day: str) -> dict[str, Any]:
    return {
        "teams": sorted({claim.team_number for claim in claims}),
        "sha256": sorted({claim.sha256 for claim in claims}),
        "day": day,
    }


def admit(board: Board, case: TeamDay, received_at: datetime) -> bool:
    """Return whether a file is late, or refuse it.

    Raises
    ------
    DisabledTeamError
        If the team was disabled.
    NotOpenError
        Before the opening, or after the close if late submissions are not taken.
    QuotaError
        If the team has no submission left today.
    """
    check_active(case.team)
    opens = board.competition.opens
    if received_at < opens:
        raise NotOpenError(f"The competition opens {show_time(opens)}. Send the file then.")
    closed_at, closes = case.state.closed_at, case.state.closes
    late = closed_at is not None or received_at >= closes
    if late and not board.competition.late_submissions:
        raise NotOpenError(f"The competition closed {show_time(closed_at or closes)}.")
    if case.n_today >= board.competition.daily_limit:
        resets_at = next_day(received_at)
        raise QuotaError(
            f"A team has {board.competition.daily_limit} submissions a day, however: all of "
            f"today's are used. The next day begins {show_time(resets_at)}.",
            resets_at,
        )
    return late


def earlier_receipt(board: Board, case: TeamDay, claim: ReceivedFile) -> Receipt | None:
    """Return the receipt of the same file, if the team has sent it before.

    Raises
    ------
    DisabledTeamError
        If the team was disabled.
    """
    check_active(case.team)
    same = case.same.get(claim.sha256)
    if same is None:
        return None
    return make_receipt(board, same, case.n_today, claim.received_at, duplicate=True)


def make_receipt(
    board: Board, submission: Submission, n_today: int, now: datetime, *, duplicate: bool = False
) -> Receipt:
    """Return the receipt of a counted file, given how many count in the day of `now`."""
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
    """Return how many submissions of a team count in the day of `now`."""
    wanted = {"team": team_number, "day": day_of(now)}
    n_today: int = session.scalars(_COUNT_TODAY, wanted).one()
    return n_today
