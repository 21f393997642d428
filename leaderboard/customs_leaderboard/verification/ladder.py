"""Replay every team's Ladder, and compare it with what the board shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import groupby

import numpy as np

from customs_leaderboard.board import Board
from customs_leaderboard.ladder.replay import Step, replay_ladder
from customs_leaderboard.store.schema import Submission, Team
from customs_leaderboard.verification.records import Records
from customs_leaderboard.verification.replay import name_of
from customs_scorer.metrics.gains import Gains, Part


def stored_gains(board: Board, records: Records) -> dict[int, Gains | float]:
    """Return what the Ladder needs of each submission from its stored public score alone.

    Only for a Ladder without a paired test (`kind` "step"): it needs the exact score, which the
    gains returned here have, and nothing else of them.
    """
    metric = board.metrics.ranked[0]
    gains: dict[int, Gains | float] = {}
    for number, scores in records.scores.items():
        value = scores.get("public", {}).get(metric.name)
        if value is not None:
            gains[number] = value
            if metric.has_gains:
                part = Part(np.zeros(1, dtype=np.intp), None, Fraction(repr(float(value))))
                gains[number] = Gains(1, Fraction(1), (part,))
    return gains


def ladder_faults(
    board: Board, records: Records, gains: Mapping[int, Gains | float]
) -> Iterator[str]:
    """Yield shown scores that differ from the replayed Ladder's.

    Parameters
    ----------
    board : Board
        The competition.
    records : Records
        Its rows.
    gains : mapping of int to Gains or float
        As `files.Scored.gains`. Teams with a ranked submission that has none are left out
        (`unproved_teams`).
    """
    by_team = _ranked_by_team(records)
    for number, team in records.teams.items():
        ranked = by_team.get(number, [])
        if any(submission.number not in gains for submission in ranked):
            continue
        steps = replay_ladder(
            board.ladder,
            ((one.number, gains[one.number]) for one in ranked),
            chance=board.newest_judge().chance,
        )
        by_number = {step.number: step for step in steps}
        for submission in records.submissions.values():
            if submission.team_number == number:
                yield from _compare(submission, by_number.get(submission.number))
        yield from _compare_team(team, ranked, steps)


def unproved_teams(records: Records, gains: Mapping[int, Gains | float]) -> list[int]:
    """Return the teams whose Ladder cannot be replayed, because gains are missing."""
    return [
        number
        for number, ranked in _ranked_by_team(records).items()
        if any(submission.number not in gains for submission in ranked)
    ]


def _ranked_by_team(records: Records) -> dict[int, list[Submission]]:
    ranked = [one for one in records.submissions.values() if not one.late and one.struck_at is None]
    ranked.sort(key=lambda submission: (submission.team_number, submission.number))
    return {team: list(own) for team, own in groupby(ranked, lambda one: one.team_number)}


def _compare(submission: Submission, step: Step | None) -> Iterator[str]:
    shown = None if step is None else step.shown
    if submission.shown != shown:
        yield (f"{name_of(submission)}: shown is {submission.shown}, but the Ladder gives {shown}.")
    improved = step is not None and step.improved
    if submission.improved != improved:
        words = ("an improvement", "no improvement")
        stored, right = words if submission.improved else words[::-1]
        yield f"{name_of(submission)} is stored as {stored}, but is {right} by the Ladder."


def _compare_team(team: Team, ranked: list[Submission], steps: list[Step]) -> Iterator[str]:
    improving = [one.received_at for one, step in zip(ranked, steps, strict=True) if step.improved]
    expected = {
        "best_shown": steps[-1].shown if steps else None,
        "best_submission": steps[-1].best_submission if steps else None,
        "n_submissions": len(ranked),
        "improved_at": improving[-1] if improving else None,
    }
    for name, value in expected.items():
        if getattr(team, name) != value:
            yield (
                f"Team {team.number} ({team.name}): {name} is {getattr(team, name)}, but {value} "
                "by its submissions."
            )
