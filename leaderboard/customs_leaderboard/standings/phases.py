"""Phases of a competition: when they are, and the standings at their ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select

from customs_leaderboard.board import Board
from customs_leaderboard.errors import NotFoundError
from customs_leaderboard.rules.schedule import show_time
from customs_leaderboard.standings.public import StandingRow, share_ranks
from customs_leaderboard.store.schema import RANKED, State, Submission, Team


@dataclass(frozen=True)
class PhaseSpan:
    """A phase of the rules, with the end that extensions of the deadline give it.

    Attributes
    ----------
    name : str
        Its name.
    begins, ends : datetime
        First moment, and first moment after it (UTC).
    daily_limit : int
        Submissions per team and day.
    state : {'upcoming', 'running', 'over'}
        Where the competition is; a phase that an early close cut off stays upcoming.
    """

    name: str
    begins: datetime
    ends: datetime
    daily_limit: int
    state: Literal["upcoming", "running", "over"]

    def as_dict(self) -> dict[str, Any]:
        """Return the phase as plain data for JSON."""
        return {**vars(self), "begins": show_time(self.begins), "ends": show_time(self.ends)}


@dataclass(frozen=True)
class PhaseStandings:
    """The standings at the end of a phase, or now if it is running.

    Attributes
    ----------
    span : PhaseSpan
        The phase.
    rows : list of StandingRow
        Teams, best first, with the scores, submissions and improvements until then. Corrections
        that came later (disabled teams, struck submissions) apply.
    """

    span: PhaseSpan
    rows: list[StandingRow]

    def as_dict(self) -> dict[str, Any]:
        """Return the standings as plain data for JSON."""
        return {"phase": self.span.as_dict(), "rows": [row.as_dict() for row in self.rows]}


def phase_spans(board: Board, state: State) -> list[PhaseSpan]:
    """Return the phases in order; none if the rules have none."""
    rules = board.competition
    ends = [*(phase.begins for phase in rules.phases[1:]), state.closes]
    now = board.now() if state.closed_at is None else state.closed_at
    spans = []
    for phase, end in zip(rules.phases, ends, strict=False):
        is_over = end <= now or (state.closed_at is not None and phase.begins <= now)
        if is_over and state.closed_at is not None:
            end = min(end, state.closed_at)
        running: Literal["upcoming", "running"] = "running" if phase.begins <= now else "upcoming"
        limit = phase.daily_limit or rules.daily_limit
        spans.append(
            PhaseSpan(phase.name, phase.begins, end, limit, "over" if is_over else running)
        )
    return spans


def find_phase(board: Board, name: str) -> str:
    """Return the name of a phase as the rules write it.

    Raises
    ------
    NotFoundError
        If there is none, ignoring case.
    """
    names = [phase.name for phase in board.competition.phases]
    for known in names:
        if known.casefold() == name.casefold():
            return known
    raise NotFoundError(f"There is no phase {name[:60]!r}. Phases: {', '.join(names) or 'none'}.")


def phase_standings(board: Board, name: str) -> PhaseStandings:
    """Return the standings at the end of a phase; they depend on labels only through the Ladder.

    Parameters
    ----------
    board : Board
        The competition.
    name : str
        As `find_phase`.

    Raises
    ------
    NotFoundError
        If there is no such phase, or it has not begun.
    """
    name = find_phase(board, name)
    with board.database.reading() as session:
        spans = phase_spans(board, board.state(session))
        span = next(span for span in spans if span.name == name)
        if span.state == "upcoming":
            raise NotFoundError(f"Phase {span.name} begins {show_time(span.begins)}.")
        ranked = (
            RANKED,
            Submission.received_at < span.ends,
            Team.disabled_at.is_(None),
        )
        own = Team.number == Submission.team_number
        counted = select(Team.number, func.count()).join(Submission, own).where(*ranked)
        n_submissions = dict(session.execute(counted.group_by(Team.number)).all())
        improved = (
            select(Team.number, Team.name, Submission.shown, Submission.received_at)
            .join(Submission, own)
            .where(*ranked, Submission.improved)
            .order_by(Submission.number)
        )
        last = {
            number: (name, score, at)
            for number, name, score, at in session.execute(improved)
            if score is not None
        }
    sign = -1 if board.ladder.higher_is_better else 1
    order = sorted(last.items(), key=lambda item: (sign * item[1][1], item[1][2], item[0]))
    ranks = share_ranks([score for _, (_, score, _) in order])
    rows = [
        StandingRow(rank, name, number, score, n_submissions[number], at)
        for rank, (number, (name, score, at)) in zip(ranks, order, strict=True)
    ]
    return PhaseStandings(span, rows)
