"""Submitting: a received file is checked, scored, stored and counted, or nothing of it happens.

The order matters. File and name are durable before the transaction commits, and the transaction
commits before the team is answered: whatever is acknowledged is there after a crash. A file without
a row may be left behind (`sweep`), a row without a file never.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import and_, bindparam, func, select, true
from sqlalchemy.orm import Session

from customs_data.errors import KitError
from customs_leaderboard.audit_log import append_entry, team_actor
from customs_leaderboard.board import Board
from customs_leaderboard.competition import show_time
from customs_leaderboard.errors import NotOpenError, QuotaError, RefusedFileError
from customs_leaderboard.ladder import Caught, LadderState
from customs_leaderboard.schema import State, Submission, Team
from customs_leaderboard.spool import Spool
from customs_leaderboard.teams import check_active, lock_team

_STEP: Final = 1 << 20
# Stands for the number of a submission that is not inserted yet.
_NEW: Final = -1


@dataclass(frozen=True)
class Receipt:
    """What a team is told of an accepted file.

    Attributes
    ----------
    number : int
        Of the submission.
    received_at : datetime
        When the whole file had been received.
    sha256 : str
        Of the file as it was sent.
    duplicate : bool
        Whether the team had sent the same file before: `number` is the earlier one, and nothing
        was counted.
    late : bool
        Whether it came after the close: it is never ranked.
    shown : float or None
        The team's public score on the board after it (laddered); None if it was late.
    improved : bool
        Whether it changed that score.
    n_left_today : int
        Submissions left until `resets_at`.
    resets_at : datetime
        When the next day (UTC) begins.
    """

    number: int
    received_at: datetime
    sha256: str
    duplicate: bool
    late: bool
    shown: float | None
    improved: bool
    n_left_today: int
    resets_at: datetime

    def as_dict(self) -> dict[str, Any]:
        """Return the receipt as plain data for JSON."""
        moments = {"received_at": self.received_at, "resets_at": self.resets_at}
        return {**vars(self), **{name: show_time(at) for name, at in moments.items()}}


def submit(board: Board, team_number: int, spool: Spool) -> Receipt:
    """Take a received file for a team.

    Parameters
    ----------
    board : Board
        The competition.
    team_number : int
        Of a team that was authenticated.
    spool : Spool
        The whole file.

    Returns
    -------
    Receipt
        The submission is on disk and in the database when this returns.

    Raises
    ------
    NotOpenError
        Before the opening, or after the close if late submissions are not taken.
    QuotaError
        If the team has no submission left today.
    RefusedFileError
        If the file cannot be scored, with the full report; it is not counted.
    DisabledTeamError
        If the team was disabled.
    UnavailableError
        If disk or database do not answer; see its message.
    """
    received_at = board.now()
    spool.finish()
    with board.database.reading() as session:  # what can be refused without work is
        case = _look_up(session, team_number, spool.sha256, received_at)
        if (earlier := _earlier(board, case, received_at)) is not None:
            return earlier
        _admit(board, case, received_at)
    checked = board.judge.check(spool.path)
    if not checked.passed:
        _log_refusal(board, team_number, spool, len(checked.report.problems))
        raise RefusedFileError(checked.report)
    scores = board.judge.score(checked.fraud_score)
    caught = board.judge.public_frauds_caught(checked.fraud_score)
    with board.database.writing() as session:
        lock_team(session, team_number)
        case = _look_up(session, team_number, spool.sha256, received_at, lock=True)
        if (earlier := _earlier(board, case, received_at)) is not None:
            return earlier
        late = _admit(board, case, received_at)
        submission = Submission(
            team_number=team_number,
            sha256=spool.sha256,
            suffix=spool.suffix,
            n_bytes=spool.n_bytes,
            received_at=received_at,
            day=day_of(received_at),
            late=late,
            improved=False,
            shown=None,
            **vars(scores),
        )
        session.add(submission)
        if not late:
            _climb(board, session, case.team, submission, caught)
        session.flush()
        details: dict[str, Any] = {"submission": submission.number, "sha256": spool.sha256}
        details |= {"late": True} if late else {"shown": submission.shown}
        board.folder.put(spool.path, team_number, spool.sha256, spool.suffix)
        actor = team_actor(team_number)
        append_entry(board.database, session, received_at, actor, "submission accepted", details)
    return _receipt(board, submission, case.n_today + 1, received_at)


def submit_file(board: Board, team_number: int, path: Path) -> Receipt:
    """Take a file on the organizer's disk for a team; errors as `submit`."""
    with Spool(board) as spool:
        try:
            with path.open("rb") as stream:
                while part := stream.read(_STEP):
                    spool.write(part)
        except OSError as error:
            raise KitError(f"{path} cannot be read: {error.strerror}.") from None
        return submit(board, team_number, spool)


def day_of(moment: datetime) -> str:
    """Return the day (UTC) whose quota a submission is counted in."""
    return moment.astimezone(UTC).date().isoformat()


def next_day(moment: datetime) -> datetime:
    """Return when the quota of the day of `moment` resets."""
    tomorrow = moment.astimezone(UTC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), UTC)


def count_today(session: Session, team_number: int, now: datetime) -> int:
    """Return how many submissions of a team count in the day of `now`."""
    n_today: int = session.scalars(_TODAY, {"team": team_number, "day": day_of(now)}).one()
    return n_today


def sweep(board: Board, older_than: timedelta = timedelta(hours=1)) -> int:
    """Remove what crashes left behind: received files that were never counted.

    Parameters
    ----------
    board : Board
        The competition.
    older_than : timedelta
        Younger files may be in use.

    Returns
    -------
    int
        Number of files removed.
    """
    limit = (board.now() - older_than).timestamp()
    old = [path for path in _files(board) if path.stat().st_mtime < limit]
    # Looked up after the files were listed: what is counted meanwhile is not among them.
    with board.database.reading() as session:
        rows = session.execute(select(Submission.team_number, Submission.sha256, Submission.suffix))
        counted = {board.folder.submission_path(*row) for row in rows}
    stray = [path for path in old if path not in counted]
    for path in stray:
        path.unlink(missing_ok=True)
    return len(stray)


def _files(board: Board) -> Iterator[Path]:
    yield from board.folder.spool.iterdir()
    yield from board.folder.submissions.glob("*/*")


@dataclass(frozen=True)
class _Case:
    """What decides on a file: its team, the competition, the day's count, the same file before."""

    team: Team
    state: State
    n_today: int
    same: Submission | None


# Statements that every submission needs are made once: making one costs as much as running it.
_N_TODAY: Final = (
    select(func.count())
    .select_from(Submission)
    .where(Submission.team_number == bindparam("team"), Submission.day == bindparam("day"))
    .scalar_subquery()
)
_TODAY: Final = select(_N_TODAY)
_LOOK_UP: Final = (
    select(Team, State, _N_TODAY, Submission)
    .select_from(Team)
    .join(State, true())
    .outerjoin(
        Submission,
        and_(Submission.team_number == Team.number, Submission.sha256 == bindparam("sha256")),
    )
    .where(Team.number == bindparam("team"))
)
_LOOK_UP_LOCKED: Final = _LOOK_UP.with_for_update(read=True, of=State)


def _look_up(
    session: Session, team_number: int, sha256: str, now: datetime, *, lock: bool = False
) -> _Case:
    """Look everything up at once; with a lock, the competition stays open until the end."""
    wanted = {"team": team_number, "sha256": sha256, "day": day_of(now)}
    return _Case(*session.execute(_LOOK_UP_LOCKED if lock else _LOOK_UP, wanted).one())


def _admit(board: Board, case: _Case, received_at: datetime) -> bool:
    """Return whether a file is late, or refuse it."""
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


def _earlier(board: Board, case: _Case, now: datetime) -> Receipt | None:
    """Return the receipt of the same file, if the team has sent it before."""
    check_active(case.team)
    if case.same is None:
        return None
    return _receipt(board, case.same, case.n_today, now, duplicate=True)


def _climb(
    board: Board, session: Session, team: Team, submission: Submission, caught: Caught
) -> None:
    """Insert the submission, and move the team's public score as the Ladder says."""
    old = LadderState(team.best_shown, team.best_submission)
    best = None
    if board.ladder.compares_with_best and old.best_submission is not None:
        held = session.get_one(Submission, old.best_submission)
        path = board.folder.submission_path(team.number, held.sha256, held.suffix)
        best = board.judge.caught_by(path)
    new = board.ladder.climb(old, _NEW, caught, best)
    team.n_submissions += 1
    submission.shown = new.best_shown
    submission.improved = new != old
    if submission.improved:
        session.flush()  # gives it its number
        team.best_shown, team.best_submission = new.best_shown, submission.number
        team.improved_at = submission.received_at


def _receipt(
    board: Board, submission: Submission, n_today: int, now: datetime, *, duplicate: bool = False
) -> Receipt:
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


def _log_refusal(board: Board, team_number: int, spool: Spool, n_problems: int) -> None:
    details = {"sha256": spool.sha256, "n_bytes": spool.n_bytes, "n_problems": n_problems}
    with board.database.writing() as session:
        actor = team_actor(team_number)
        append_entry(board.database, session, board.now(), actor, "file refused", details)
