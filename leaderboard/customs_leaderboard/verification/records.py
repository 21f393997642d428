"""A competition's rows, read once in a consistent view."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select

from customs_leaderboard.board import Board
from customs_leaderboard.store.schema import (
    AuditEntry,
    FinalResult,
    Score,
    Selection,
    State,
    Submission,
    Team,
)
from customs_leaderboard.store.scores import ExactScores


@dataclass(frozen=True)
class Records:
    """Rows of a competition's database.

    Attributes
    ----------
    state : State
    log : list of AuditEntry
        In the order of their sequence.
    teams : dict of int to Team
    submissions : dict of int to Submission
        By number, in increasing order.
    scores, previous_scores : dict of int to ExactScores
        Stored exact scores by submission, with the newest solution and the one before it.
    selections : dict of int to set of int
        Selected submissions by team.
    final : str or None
        The stored final standings (JSON).
    """

    state: State
    log: list[AuditEntry]
    teams: dict[int, Team]
    submissions: dict[int, Submission]
    scores: dict[int, ExactScores]
    previous_scores: dict[int, ExactScores]
    selections: dict[int, set[int]]
    final: str | None


def read_records(board: Board) -> Records:
    """Read all rows that a verification needs."""
    scores: dict[int, ExactScores] = defaultdict(lambda: defaultdict(dict))
    previous: dict[int, ExactScores] = defaultdict(lambda: defaultdict(dict))
    selections: dict[int, set[int]] = defaultdict(set)
    with board.database.reading() as session:
        for score in session.scalars(select(Score)):
            scores[score.submission_number][score.period][score.metric] = score.value
            if score.previous_value is not None:
                earlier = previous[score.submission_number][score.period]
                earlier[score.metric] = score.previous_value
        for selection in session.scalars(select(Selection)):
            selections[selection.team_number].add(selection.submission_number)
        teams = session.scalars(select(Team).order_by(Team.number))
        submissions = session.scalars(select(Submission).order_by(Submission.number))
        return Records(
            state=board.state(session),
            log=list(session.scalars(select(AuditEntry).order_by(AuditEntry.sequence))),
            teams={team.number: team for team in teams},
            submissions={submission.number: submission for submission in submissions},
            scores=dict(scores),
            previous_scores=dict(previous),
            selections=dict(selections),
            final=session.scalar(select(FinalResult.content)),
        )
