"""A team's place after a correction: its Ladder, replayed from the ranked submissions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from customs_leaderboard.board import Board
from customs_leaderboard.ladder.replay import Step, replay_ladder
from customs_leaderboard.store.actions import ORGANIZER
from customs_leaderboard.store.audit_log import Event
from customs_leaderboard.store.schema import RANKED, Submission, Team
from customs_leaderboard.submissions.judge import Judge
from customs_scorer.metrics.gains import Gains


def replay_submissions(board: Board, judge: Judge, ranked: Sequence[Submission]) -> list[Step]:
    """Replay the Ladder of one team's ranked submissions, in the order of their numbers.

    Parameters
    ----------
    board : Board
        The competition.
    judge : Judge
        A judge with the newest labels.
    ranked : sequence of Submission
        The team's submissions that are neither late nor struck, ordered by number.

    Raises
    ------
    KitError
        If a file is missing or has changed.
    """
    return replay_ladder(board.ladder, _gains(board, judge, ranked), chance=judge.chance)


def _gains(
    board: Board, judge: Judge, ranked: Sequence[Submission]
) -> Iterator[tuple[int, Gains | float]]:
    metric = board.metrics.ranked[0].name
    for submission in ranked:
        path = board.folder.accepted_file(submission)
        gains = judge.stored_gains(path)
        if gains is None:
            answer = judge.read(path)
            yield submission.number, judge.score(answer)["public"][metric]
        else:
            yield submission.number, gains


def ranked_submissions(session: Session, team_number: int) -> list[Submission]:
    """Return a team's submissions that are neither late nor struck, ordered by number."""
    own = select(Submission).where(RANKED, Submission.team_number == team_number)
    return list(session.scalars(own.order_by(Submission.number)))


def replay_team(board: Board, session: Session, team: Team, now: datetime) -> Event | None:
    """Replay a team's Ladder in a writing transaction; return an event if a shown score changed.

    Parameters
    ----------
    board : Board
        The competition.
    session : Session
        From ``database.writing()``.
    team : Team
        A locked team.
    now : datetime
        Time of the correction.

    Returns
    -------
    Event or None
        For the log: the old and new score on the board, and what is now shown after which
        submission. So the newest entry about a submission has its shown score.
    """
    ranked = ranked_submissions(session, team.number)
    judge = board.newest_judge(board.state(session).commitment)
    return store_steps(session, team, ranked, replay_submissions(board, judge, ranked), now)


def store_steps(
    session: Session, team: Team, ranked: Sequence[Submission], steps: list[Step], now: datetime
) -> Event | None:
    """Store a replayed Ladder; parameters and result as in `replay_team`."""
    old = team.best_shown
    by_number = {step.number: step for step in steps}
    changed: dict[str, float | None] = {}
    own = select(Submission).where(Submission.team_number == team.number)
    for submission in session.scalars(own.order_by(Submission.number)):
        step = by_number.get(submission.number)
        shown = None if step is None else step.shown
        if shown != submission.shown:
            changed[str(submission.number)] = shown
        submission.shown = shown
        submission.improved = step is not None and step.improved
    team.n_submissions = len(ranked)
    team.best_shown = steps[-1].shown if steps else None
    team.best_submission = steps[-1].best_submission if steps else None
    improving = [one.received_at for one in ranked if by_number[one.number].improved]
    team.improved_at = improving[-1] if improving else None
    if not changed:
        return None
    details: dict[str, Any] = {
        "team": team.number, "old": old, "new": team.best_shown, "shown": changed,
    }  # fmt: skip
    return Event(now, ORGANIZER, "ladder replayed", details)
