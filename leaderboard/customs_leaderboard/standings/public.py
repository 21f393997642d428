"""Public standings before the close, and a team's own submissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, select

from customs_leaderboard.board import Board
from customs_leaderboard.contest import Phase
from customs_leaderboard.errors import NotFoundError
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.store.schema import Member, Selection, Submission, Team
from customs_leaderboard.store.scores import ExactScores, read_scores


@dataclass(frozen=True)
class StandingRow:
    """A team's rank by its laddered public score; teams with equal scores share it."""

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
        Phase of the competition (`Board.phase`).
    closes : datetime
        The deadline with all extensions.
    rows : list of StandingRow
        Teams, best first: by laddered public score, then the earlier improvement, which decides the
        order but not the rank. Teams without a submission and disabled teams are left out.
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
    """Times and values of the improvements of a team's laddered score."""

    team: str
    team_number: int
    points: list[tuple[datetime, float]]

    def as_dict(self) -> dict[str, Any]:
        """Return the progress as plain data for JSON."""
        points = [[show_time(at), score] for at, score in self.points]
        return {"team": self.team, "team_number": self.team_number, "points": points}


@dataclass(frozen=True)
class OwnSubmission:
    """A submission as its team sees it.

    Attributes
    ----------
    number, received_at, sha256, n_bytes, late, shown, improved
        As in `customs_leaderboard.submissions.receipts.Receipt`.
    selected : bool
        Whether the team selected it.
    note : str
        The team's own note.
    member_number : int or None
        Who sent it, if the release knew that.
    member : str or None
        Their name, which may be empty.
    exact : ExactScores or None
        Exact scores by period and metric; None before the close.
    previous_exact : ExactScores or None
        Exact scores with the solution before the newest one; None before the close, and if no
        solution was replaced since the submission.
    struck_at, struck_reason : datetime or None, str or None
        When and why the organizer struck it.
    """

    number: int
    received_at: datetime
    sha256: str
    n_bytes: int
    late: bool
    improved: bool
    selected: bool
    note: str
    member_number: int | None
    member: str | None
    shown: float | None
    exact: ExactScores | None
    previous_exact: ExactScores | None
    struck_at: datetime | None
    struck_reason: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return the submission as plain data for JSON."""
        struck_at = None if self.struck_at is None else show_time(self.struck_at)
        received_at = show_time(self.received_at)
        return {**vars(self), "received_at": received_at, "struck_at": struck_at}


def public_standings(board: Board) -> PublicStandings:
    """Return the standings before the close, which depend on labels only through the Ladder."""
    # Columns instead of objects, because this query is frequent and returns hundreds of teams.
    best_first = Team.best_shown.desc() if board.ladder.higher_is_better else Team.best_shown
    ranked = (
        select(Team.number, Team.name, Team.best_shown, Team.n_submissions, Team.improved_at)
        .where(Team.best_shown.is_not(None), Team.disabled_at.is_(None))
        .order_by(best_first, Team.improved_at, Team.number)
    )
    with board.database.reading() as session:
        state = board.state(session)
        teams = session.execute(ranked).all()
    ranks = share_ranks([score for _, _, score, *_ in teams])
    rows = [
        StandingRow(rank, name, number, score, n_submissions, at)
        for rank, (number, name, score, n_submissions, at) in zip(ranks, teams, strict=True)
        if score is not None and at is not None
    ]
    return PublicStandings(board.phase(state), state.closes, rows)


def share_ranks(scores: Sequence[Fraction | float | None]) -> list[int]:
    """Return the rank of each score, best first.

    Equal scores share the best of their ranks: the Ladder rounds, so it cannot tell them apart.

    Examples
    --------
    >>> share_ranks([0.9, 0.9, 0.7])
    [1, 1, 3]
    """
    ranks: list[int] = []
    for i, score in enumerate(scores):
        ranks.append(ranks[-1] if i and score == scores[i - 1] else i + 1)
    return ranks


def progress(
    board: Board, n_teams: int | None = None, *, rows: Sequence[StandingRow] | None = None
) -> list[Progress]:
    """Return the improvements of teams over time, by default of the leading ones, best first.

    Parameters
    ----------
    board : Board
        The competition.
    n_teams : int, optional
        Largest number of teams.
    rows : sequence of StandingRow, optional
        The teams, in the order of the result.
    """
    leading = (public_standings(board).rows if rows is None else rows)[:n_teams]
    query = (
        select(Submission.team_number, Submission.received_at, Submission.shown)
        .where(Submission.improved, Submission.team_number.in_([r.team_number for r in leading]))
        .order_by(Submission.number)
    )
    points: dict[int, list[tuple[datetime, float]]] = {row.team_number: [] for row in leading}
    with board.database.reading() as session:
        for number, at, score in session.execute(query):
            if score is not None:
                points[number].append((at, score))
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
        Number of the team.
    limit : int, optional
        Largest number of submissions.
    before : int, optional
        Only submissions with a smaller number.
    """
    query = select(Submission).where(Submission.team_number == team_number)
    if before is not None:
        query = query.where(Submission.number < before)
    return _history(board, team_number, query.limit(limit))


def _history(board: Board, team_number: int, query: Select[Submission]) -> list[OwnSubmission]:
    with board.database.reading() as session:
        closed = board.state(session).closed_at is not None
        chosen = set(
            session.scalars(
                select(Selection.submission_number).where(Selection.team_number == team_number)
            )
        )
        submissions = list(session.scalars(query.order_by(Submission.number.desc())))
        named = select(Member.number, Member.name).where(Member.team_number == team_number)
        members: dict[int | None, str] = {row.number: row.name for row in session.execute(named)}
        scores: dict[int, ExactScores] = {}
        previous: dict[int, ExactScores] = {}
        if closed:
            own = Submission.number.in_([submission.number for submission in submissions])
            scores = read_scores(session, board.metrics, own)
            previous = read_scores(session, board.metrics, own, previous=True)
    return [
        OwnSubmission(
            number=submission.number,
            received_at=submission.received_at,
            sha256=submission.sha256,
            n_bytes=submission.n_bytes,
            late=submission.late,
            improved=submission.improved,
            selected=submission.number in chosen and submission.struck_at is None,
            note=submission.note,
            member_number=submission.member_number,
            member=members.get(submission.member_number),
            shown=submission.shown,
            exact=scores.get(submission.number),
            previous_exact=previous.get(submission.number),
            struck_at=submission.struck_at,
            struck_reason=submission.struck_reason,
        )
        for submission in submissions
    ]


def team_submission(board: Board, team_number: int, number: int) -> OwnSubmission:
    """Return one of a team's submissions.

    Raises
    ------
    NotFoundError
        If there is none, or it belongs to another team.
    """
    query = select(Submission).where(
        Submission.team_number == team_number, Submission.number == number
    )
    for submission in _history(board, team_number, query):
        return submission
    raise NotFoundError(f"Your team has no submission {number}.")
