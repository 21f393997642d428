"""How a competition is doing, at one glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any, Final

from sqlalchemy import String, distinct, func, select, type_coerce
from sqlalchemy.orm import Session

from customs_leaderboard.board import Board
from customs_leaderboard.contest import Phase
from customs_leaderboard.errors import UnavailableError
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.standings.phases import phase_spans
from customs_leaderboard.store.actions import BACKED_UP
from customs_leaderboard.store.audit_log import head_hash, read_entries
from customs_leaderboard.store.room import Room, check_room, measure_room
from customs_leaderboard.store.schema import Member, Refusal, Submission, Team, UtcTime
from customs_leaderboard.submissions.receipts import day_of

_N_HOURS: Final = 24
_HOUR: Final = timedelta(hours=1)
_OLD: Final = timedelta(days=1)


@dataclass(frozen=True)
class TeamActivity:
    """A team as the organizer sees it.

    Attributes
    ----------
    number, name, n_submissions, best_shown, disabled_at, disabled_reason
        As in `customs_leaderboard.store.schema.Team`; submissions are the ranked ones.
    n_members : int
        Members whose token works.
    last_at : datetime or None
        When the newest submission was received, late ones included.
    """

    number: int
    name: str
    n_submissions: int
    best_shown: float | None
    n_members: int
    last_at: datetime | None
    disabled_at: datetime | None
    disabled_reason: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return the activity as plain data for JSON."""
        return {
            **vars(self),
            "last_at": _show(self.last_at),
            "disabled_at": _show(self.disabled_at),
        }


@dataclass(frozen=True)
class Status:
    """The status of a competition.

    Attributes
    ----------
    at : datetime
        When it was asked (UTC).
    title : str
        Title of the competition.
    phase : str
        As `Board.phase`.
    phase_of_rules : str or None
        Name of the running phase of the rules, if they have any.
    opens, closes : datetime
        Opening, and deadline with all extensions.
    teams : dict of str to int
        ``total``, ``disabled``, ``with_submissions`` and ``members``; of these ``active`` and
        ``active_members`` sent a file in the last 24 hours.
    submissions : dict of str to int
        ``total``, ``today`` (UTC), ``last_24_hours``, ``late`` and ``struck``.
    by_hour : list of (datetime, int)
        Submissions of the last 24 hours of the clock, the current one last.
    refused : dict of str to int
        Refused files: ``total`` and ``today``.
    room : Room
        Sizes of disk, folder and database.
    backed_up_at : datetime or None
        When the newest backup was made.
    log : dict
        ``entries`` and ``head``, the hash of the newest one.
    version : str
        Version of the kit.
    health : str
        ``ok``, or why no file can be stored.
    """

    at: datetime
    title: str
    phase: Phase
    phase_of_rules: str | None
    opens: datetime
    closes: datetime
    teams: dict[str, int]
    submissions: dict[str, int]
    by_hour: list[tuple[datetime, int]]
    refused: dict[str, int]
    room: Room
    backed_up_at: datetime | None
    log: dict[str, Any]
    version: str
    health: str

    @property
    def warnings(self) -> list[str]:
        """What the organizer should do something about."""
        warnings = [] if self.health == "ok" else [self.health]
        if self.backed_up_at is None:
            if self.submissions["total"]:
                warnings.append("There is no backup. Make one: customs-kit leaderboard backup.")
        elif self.at - self.backed_up_at > _OLD:
            warnings.append(
                f"The last backup is older than a day ({show_time(self.backed_up_at)}). Make one: "
                "customs-kit leaderboard backup."
            )
        return warnings

    def as_dict(self) -> dict[str, Any]:
        """Return the status as plain data for JSON."""
        seconds_left = max((self.closes - self.at).total_seconds(), 0.0)
        return {
            **vars(self),
            "at": show_time(self.at),
            "opens": show_time(self.opens),
            "closes": show_time(self.closes),
            "seconds_left": int(seconds_left),
            "by_hour": [[show_time(hour), n] for hour, n in self.by_hour],
            "room": self.room.as_dict(),
            "backed_up_at": _show(self.backed_up_at),
            "warnings": self.warnings,
        }


def read_status(board: Board) -> Status:
    """Read the status of a competition.

    Raises
    ------
    UnavailableError
        If the disk or the database does not respond at all.
    """
    now = board.now()
    health = "ok"
    try:
        check_room(board)
    except UnavailableError as error:
        health = str(error)
    with board.database.reading() as session:
        state = board.state(session)
        running = [span for span in phase_spans(board, state) if span.state == "running"]
        backups = read_entries(session, actions=(BACKED_UP,), limit=1)
        newest = read_entries(session, limit=1)
        by_hour = _by_hour(session, now)
        return Status(
            at=now,
            title=board.competition.title,
            phase=board.phase(state),
            phase_of_rules=running[0].name if running else None,
            opens=board.competition.opens,
            closes=state.closes,
            teams=_teams(session, now),
            submissions=_submissions(session, now),
            by_hour=by_hour,
            refused=_refused(session, now),
            room=measure_room(board),
            backed_up_at=backups[0].at if backups else None,
            log={"entries": newest[0].sequence if newest else 0, "head": head_hash(session)},
            version=version("customs-kit"),
            health=health,
        )


def read_activity(board: Board) -> list[TeamActivity]:
    """Return all teams, those with the newest submission first."""
    members = (
        select(func.count())
        .where(Member.team_number == Team.number, Member.revoked_at.is_(None))
        .correlate(Team)
        .scalar_subquery()
    )
    last = (
        select(func.max(Submission.received_at))
        .where(Submission.team_number == Team.number)
        .correlate(Team)
        .scalar_subquery()
    )
    with board.database.reading() as session:
        rows = session.execute(select(Team, members, last).order_by(Team.number)).all()
    teams = [
        TeamActivity(
            team.number,
            team.name,
            team.n_submissions,
            team.best_shown,
            n_members,
            last_at,
            team.disabled_at,
            team.disabled_reason,
        )
        for team, n_members, last_at in rows
    ]
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(teams, key=lambda team: team.last_at or never, reverse=True)


def _teams(session: Session, now: datetime) -> dict[str, int]:
    recent = Submission.received_at > now - _N_HOURS * _HOUR
    counts: Mapping[str, Any] = {
        "total": select(func.count()).select_from(Team),
        "disabled": select(func.count()).select_from(Team).where(Team.disabled_at.is_not(None)),
        "with_submissions": select(func.count(distinct(Submission.team_number))),
        "active": select(func.count(distinct(Submission.team_number))).where(recent),
        "members": select(func.count()).select_from(Member).where(Member.revoked_at.is_(None)),
        "active_members": select(func.count(distinct(Submission.member_number))).where(recent),
    }
    return {name: session.scalar(query) or 0 for name, query in counts.items()}


def _submissions(session: Session, now: datetime) -> dict[str, int]:
    count = select(func.count()).select_from(Submission)
    counts: Mapping[str, Any] = {
        "total": count,
        "today": count.where(Submission.day == day_of(now)),
        "last_24_hours": count.where(Submission.received_at > now - _N_HOURS * _HOUR),
        "late": count.where(Submission.late),
        "struck": count.where(Submission.struck_at.is_not(None)),
    }
    return {name: session.scalar(query) or 0 for name, query in counts.items()}


def _by_hour(session: Session, now: datetime) -> list[tuple[datetime, int]]:
    first = now.replace(minute=0, second=0, microsecond=0) - (_N_HOURS - 1) * _HOUR
    # Times are text in the database: its beginning is the hour.
    hour = func.substr(type_coerce(Submission.received_at, String), 1, len("2026-03-01T00"))
    query = select(hour, func.count()).where(Submission.received_at >= first).group_by(hour)
    counts: dict[str, int] = dict(session.execute(query).all())
    hours = [first + i * _HOUR for i in range(_N_HOURS)]
    return [(at, counts.get(UtcTime.as_text(at)[:13], 0)) for at in hours]


def _refused(session: Session, now: datetime) -> dict[str, int]:
    total = select(func.coalesce(func.sum(Refusal.n_files), 0))
    today = total.where(Refusal.day == day_of(now))
    return {"total": int(session.scalar(total) or 0), "today": int(session.scalar(today) or 0)}


def _show(moment: datetime | None) -> str | None:
    return None if moment is None else show_time(moment)
