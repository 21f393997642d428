"""Replay a team's Ladder from its submissions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from customs_leaderboard.ladder.ladder import Ladder, LadderState
from customs_scorer.metrics.gains import Gains


@dataclass(frozen=True)
class Step:
    """A submission's place in its team's Ladder.

    Attributes
    ----------
    number : int
        Number of the submission.
    shown : float or None
        The team's public score after it.
    improved : bool
        Whether it changed the team's state.
    best_submission : int or None
        Number of the submission whose score is `shown`.
    """

    number: int
    shown: float | None
    improved: bool
    best_submission: int | None


def replay_ladder(
    ladder: Ladder, files: Iterable[tuple[int, Gains | float]], *, chance: Gains | None
) -> list[Step]:
    """Return what the Ladder shows after each submission of one team.

    Parameters
    ----------
    ladder : Ladder
        The competition's Ladder.
    files : iterable of (int, Gains or float)
        Numbers of the ranked submissions in increasing order, with their public gains in the first
        ranked metric, or their exact public score if the metric is no mean of gains.
    chance : Gains or None
        Gains of a file of equal scores (`Judge.chance`).

    Examples
    --------
    >>> steps = replay_ladder(Ladder("step", 0.1, ground_errors=0), [(1, 0.5), (4, 0.55), (5, 0.7)],
    ...                       chance=None)
    >>> [(step.number, step.shown, step.improved) for step in steps]
    [(1, 0.5, True), (4, 0.5, False), (5, 0.7, True)]
    """
    state = LadderState()
    best: Gains | None = None
    steps = []
    for number, new in files:
        needed = best if ladder.needs_best(state, chance) else None
        after = ladder.update(state, number, new, chance=chance, best=needed)
        improved = after != state
        if improved and isinstance(new, Gains):
            best = new
        state = after
        steps.append(Step(number, state.best_shown, improved, state.best_submission))
    return steps
