"""What everybody sees before the close: laddered scores, and a team's own history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from customs_leaderboard.board import Board, Phase
from customs_leaderboard.errors import NotFoundError
from customs_leaderboard.rules.competition import show_time
from customs_leaderboard.store.schema import Selection, Submission, Team


@dataclass(frozen=True)
class StandingRow:
    """One team's place by its laddered public precision@5 %."""

    rank: int
    team: str
    team_number: int
    score: float
    n_submissions: int
    improved_at: datetime

    def as_dict(self) -> dict[str, Any]:
        """Return the row as plain data for JSON."""
        return {**vars(self), "improved_at": show_time(self.improved_at)}


@dataclass(frozen=True)
class PublicStandings:
    """The standings before the close.

    Attributes
    ----------
    phase : str
        What the competition is doing (`Board.phase`).
    closes : datetime
        The deadline with all extensions.
    rows : list of StandingRow
        Best first: by laddered public precision@5 %, then the earlier improvement. Teams without a
        submission, and disabled ones, are left out.
    """

    phase: Phase
    closes: datetime
    rows: list[StandingRow]

    def as_dict(self) -> dict[str, Any]:
        """Return the standings as plain data for JSON."""
        return {
            "phase": self.phase,
            "closes": show_time(self.closes),
            "rows": [row.as_dict() for row in self.rows],
        }


@dataclass(frozen=True)
class Progress:
    """How a team's laddered score grew: moments and scores of its improvements."""

    team: str
    team_number: int
    points: list[tuple[datetime, float]]

    def as_dict(self) -> dict[str, Any]:
        """Return the progress as plain data for JSON."""
        points = [[show_time(at), score] for at, score in self.points]
        return {"team": self.team, "team_number": self.team_number, "points": points}


@dataclass(frozen=True)
class OwnSubmission:
    """What a team may see of its own submission.

    Attributes
    ----------
    number, received_at, sha256, n_bytes, late, improved
        As in `customs_leaderboard.submissions.submit.Receipt`.
    selected : bool
        Whether the team selected it.
    shown : float or None
        The team's laddered public score after it; None if it was late.
    exact : dict or None
        By period: exact precision_at_5 and precision_at_10, after the close.
    """

    number: int
    received_at: datetime
    sha256: str
    n_bytes: int
    late: bool
    improved: bool
    selected: bool
    shown: float | None
    exact: dict[str, dict[str, float]] | None

    def as_dict(self) -> dict[str, Any]:
        """Return the submission as plain data for JSON."""
        return {**vars(self), "received_at": show_time(self.received_at)}


def public_standings(board: Board) -> PublicStandings:
    """Return the standings before the close; they depend on no label but through the Ladder."""
    # Columns, not objects: it is asked for all the time, with hundreds of teams.
    ranked = (
        select(Team.number, Team.name, Team.best_shown, Team.n_submissions, Team.improved_at)
        .where(Team.best_shown.is_not(None), Team.disabled_at.is_(None))
        .order_by(Team.best_shown.desc(), Team.improved_at, Team.number)
    )
    with board.database.reading() as session:
        state = board.state(session)
        teams = session.execute(ranked).all()
    rows = [
        StandingRow(rank, name, number, score, n_submissions, at)
        for rank, (number, name, score, n_submissions, at) in enumerate(teams, start=1)
        if score is not None and at is not None
    ]
    return PublicStandings(board.phase(state), state.closes, rows)


def progress(
    board: Board, n_teams: int | None = None, *, standings: PublicStandings | None = None
) -> list[Progress]:
    """Return the improvements of the leading teams over time, best team first.

    Parameters
    ----------
    board : Board
        The competition.
    n_teams : int, optional
        At most so many.
    standings : PublicStandings, optional
        Of the board, if they are at hand.
    """
    leading = (standings or public_standings(board)).rows[:n_teams]
    wanted = (
        select(Submission.team_number, Submission.received_at, Submission.shown)
        .where(Submission.improved, Submission.team_number.in_([r.team_number for r in leading]))
        .order_by(Submission.number)
    )
    points: dict[int, list[tuple[datetime, float]]] = {row.team_number: [] for row in leading}
    with board.database.reading() as session:
        for number, at, shown in session.execute(wanted):
            if shown is not None:
                points[number].append((at, shown))
    return [Progress(row.team, row.team_number, points[row.team_number]) for row in leading]


def team_history(
    board: Board, team_number: int, *, limit: int | None = None, before: int | None = None
) -> list[OwnSubmission]:
    """Return a team's submissions, newest first.

    Parameters
    ----------
    board : Board
        The competition.
    team_number : int
        Of the team.
    limit : int, optional
        At most so many.
    before : int, optional
        Only those with a smaller number.
    """
    wanted = select(Submission).where(Submission.team_number == team_number)
    if before is not None:
        wanted = wanted.where(Submission.number < before)
    return _history(board, team_number, wanted.limit(limit))


def _history(board: Board, team_number: int, wanted: Select[Submission]) -> list[OwnSubmission]:
    with board.database.reading() as session:
        closed = board.state(session).closed_at is not None
        chosen = set(
            session.scalars(
                select(Selection.submission_number).where(Selection.team_number == team_number)
            )
        )
        held = list(session.scalars(wanted.order_by(Submission.number.desc())))
    return [_own(submission, closed, submission.number in chosen) for submission in held]


def team_submission(board: Board, team_number: int, number: int) -> OwnSubmission:
    """Return one of a team's submissions.

    Raises
    ------
    NotFoundError
        If there is none, or it is another team's.
    """
    wanted = select(Submission).where(
        Submission.team_number == team_number, Submission.number == number
    )
    for held in _history(board, team_number, wanted):
        return held
    raise NotFoundError(f"Your team has no submission {number}.")


def _own(held: Submission, closed: bool, selected: bool) -> OwnSubmission:
    exact = {
        "public": {"precision_at_5": held.public_at_5, "precision_at_10": held.public_at_10},
        "private": {"precision_at_5": held.private_at_5, "precision_at_10": held.private_at_10},
    }
    return OwnSubmission(
        number=held.number,
        received_at=held.received_at,
        sha256=held.sha256,
        n_bytes=held.n_bytes,
        late=held.late,
        improved=held.improved,
        selected=selected,
        shown=held.shown,
        exact=exact if closed else None,
    )
