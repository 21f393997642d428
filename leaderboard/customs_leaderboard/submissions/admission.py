"""Admission: whether a file is accepted, given its team's submissions in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, func, or_, select, true
from sqlalchemy.orm import Session

from customs_leaderboard.board import Board
from customs_leaderboard.errors import NotOpenError, QuotaError
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.store.schema import Refusal, State, Submission, Team
from customs_leaderboard.submissions.quotas import Quota, Usage, check_quota, hour_of, quota_of
from customs_leaderboard.submissions.receipts import Receipt, day_of, next_day
from customs_leaderboard.teams.teams import check_active

_CLOSED_BEFORE_CHECKED: Final = (
    "The file was complete in time, but the organizer closed the competition before it was "
    "checked, so it is not ranked. Ask the organizer."
)


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
        Time at which its last bytes were read; decides whether it is late, and on which quota it
        counts.
    member_number : int or None
        Member of the team who sent it.
    sender : str or None
        Keyed hash of the client's address.
    note : str
        The team's note on it.
    """

    team_number: int
    sha256: str
    received_at: datetime
    member_number: int | None = None
    sender: str | None = None
    note: str = ""


@dataclass
class TeamDay:
    """A team's day, as far as it decides on files received within one hour of it.

    Attributes
    ----------
    team : Team
        The team.
    state : State
        The competition's state.
    usage : Usage
        Its submissions of the day, of the hour and in all.
    n_refused : int
        Its refused files of the day.
    earlier : dict of str to Submission
        The received files that were accepted before, on any day, by SHA-256.
    answers : dict of str to Submission
        Accepted files with the same scores, by `Submission.answer_sha256`.
    """

    team: Team
    state: State
    usage: Usage
    n_refused: int
    earlier: dict[str, Submission] = field(default_factory=dict)
    answers: dict[str, Submission] = field(default_factory=dict)

    def add(self, submission: Submission) -> None:
        """Note an accepted submission, new or old, for the files after it."""
        self.earlier[submission.sha256] = submission
        if submission.answer_sha256 is not None:
            self.answers[submission.answer_sha256] = submission


# Built once, because building a statement costs as much as running it.
_OF_TEAM: Final = select(func.count()).where(Submission.team_number == Team.number)
# A clock that was put back gives no second quota: later days and hours count, too.
_TODAY: Final = _OF_TEAM.where(Submission.day >= bindparam("day"))
_THIS_HOUR: Final = _OF_TEAM.where(Submission.received_at >= bindparam("hour"))
_COUNTS: Final = tuple(
    query.correlate(Team).scalar_subquery() for query in (_TODAY, _THIS_HOUR, _OF_TEAM)
)
_N_REFUSED: Final = (
    select(func.coalesce(func.sum(Refusal.n_files), 0))
    .where(Refusal.team_number == Team.number, Refusal.day >= bindparam("day"))
    .correlate(Team)
    .scalar_subquery()
)
_USAGE: Final = select(*_COUNTS).where(Team.number == bindparam("team"))
_RECEIVED: Final = (
    select()
    .select_from(Team)
    .join(State, true())
    .outerjoin(
        Submission,
        and_(
            Submission.team_number == Team.number,
            or_(
                Submission.sha256.in_(bindparam("sha256", expanding=True)),
                Submission.answer_sha256.in_(bindparam("answers", expanding=True)),
            ),
        ),
    )
    .where(Team.number.in_(bindparam("teams", expanding=True)))
)
_LOOK_UP: Final = _RECEIVED.add_columns(
    Team, State, Submission, *_COUNTS, _N_REFUSED
).with_for_update(read=True, of=State)
_KINDS: Final = (Team, State, Submission)
_GLANCE: Final = _RECEIVED.add_columns(
    *(column for kind in _KINDS for column in kind.__table__.columns), *_COUNTS, _N_REFUSED
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
    values = iter(connection.execute(_GLANCE, _values_of([file], [])).one())
    # Plain objects outside a session: cheaper to make than to load.
    team, state, earlier = (
        {column.key: next(values) for column in kind.__table__.columns} for kind in _KINDS
    )
    n_today, n_this_hour, n_in_all, n_refused = values
    today = TeamDay(Team(**team), State(**state), Usage(n_today, n_this_hour, n_in_all), n_refused)
    if earlier["number"] is not None:
        today.add(Submission(**earlier))
    return today


def look_up(
    session: Session, files: Sequence[ReceivedFile], answers: Sequence[str]
) -> dict[int, TeamDay]:
    """Read what decides on files, and lock the competition's state until the transaction ends.

    Parameters
    ----------
    session : Session
        From ``database.writing()``; the teams are locked (`teams.lock_teams`).
    files : sequence of ReceivedFile
        Files received within the same hour.
    answers : sequence of str
        SHA-256 of their scores.

    Returns
    -------
    dict of int to TeamDay
        By team number.
    """
    days: dict[int, TeamDay] = {}
    for team, state, earlier, n_today, n_this_hour, n_in_all, n_refused in session.execute(
        _LOOK_UP, _values_of(files, answers)
    ):
        usage = Usage(n_today, n_this_hour, n_in_all)
        today = days.setdefault(team.number, TeamDay(team, state, usage, n_refused))
        if earlier is not None:
            today.add(earlier)
    return days


def _values_of(files: Sequence[ReceivedFile], answers: Sequence[str]) -> dict[str, Any]:
    return {
        "teams": sorted({file.team_number for file in files}),
        "sha256": sorted({file.sha256 for file in files}),
        "answers": sorted(set(answers)),
        **_span_of(files[0].received_at),
    }


def _span_of(moment: datetime) -> dict[str, Any]:
    return {"day": day_of(moment), "hour": hour_of(moment)}


def admit(board: Board, today: TeamDay, received_at: datetime) -> bool:
    """Return whether a file is late, or refuse it.

    Raises
    ------
    DisabledTeamError
        If the team was disabled.
    NotOpenError
        Before the start, or after the close if late submissions are not accepted.
    QuotaError
        If the team has no submission left.
    """
    check_active(today.team)
    opens = board.competition.opens
    if received_at < opens:
        raise NotOpenError(f"The competition opens {show_time(opens)}. Send the file then.")
    closed_at, closes = today.state.closed_at, today.state.closes
    late = closed_at is not None or received_at >= closes
    if late and not board.competition.late_submissions:
        remark = _remark(today.state, received_at)
        raise NotOpenError(remark or f"The competition closed {show_time(closed_at or closes)}.")
    check_quota(board.competition, today.usage, received_at)
    return late


def check_refusals(board: Board, today: TeamDay, received_at: datetime) -> None:
    """Check that a team may send one more file that could be refused.

    Raises
    ------
    QuotaError
        If too many of its files were refused on that day.
    """
    if today.n_refused >= (limit := board.competition.refused_limit):
        tomorrow = next_day(received_at)
        raise QuotaError(
            f"Your team has sent {limit} files today that could not be scored. Check files with "
            "`customs-kit submission check` before you send them. The next day starts "
            f"{show_time(tomorrow)}.",
            tomorrow,
        )


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
    return make_receipt(board, earlier, today, file, duplicate=True)


def make_receipt(
    board: Board,
    submission: Submission,
    today: TeamDay,
    file: ReceivedFile,
    *,
    duplicate: bool = False,
) -> Receipt:
    """Return the receipt of a file that is a submission, or the duplicate of one."""
    quota = quota_of(board.competition, today.usage, file.received_at)
    remark = _remark(today.state, file.received_at) if submission.late and not duplicate else ""
    return Receipt(
        number=submission.number,
        received_at=submission.received_at,
        sha256=file.sha256,
        duplicate=duplicate,
        late=submission.late,
        shown=submission.shown,
        improved=submission.improved and not duplicate,
        n_left_today=quota.n_left,
        resets_at=quota.resets_at,
        remark=remark,
    )


def _remark(state: State, received_at: datetime) -> str:
    """Return an explanation for a file that is late only because of an earlier close."""
    in_time = state.closed_at is not None and received_at < min(state.closed_at, state.closes)
    return _CLOSED_BEFORE_CHECKED if in_time else ""


def quota_now(board: Board, session: Session, team_number: int) -> Quota:
    """Return what a team may still send now."""
    now = board.now()
    row = session.execute(_USAGE, {"team": team_number, **_span_of(now)}).one()
    return quota_of(board.competition, Usage(*row), now)
