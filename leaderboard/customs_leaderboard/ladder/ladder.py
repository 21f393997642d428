"""The Ladder: which public score the board shows for a team before the close.

A board that shows every score answers one question about the hidden labels per submission. The
Ladder shows the old score until a submission beats it clearly, and then the new score, rounded; all
other submissions are only "not clearly better". `update_rules` defines "clearly". The ground is the
score of chance: the board shows it until a submission is clearly better than chance. LADDER.md
compares the Ladders under attack.

All functions are pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Final, Literal, get_args

from customs_leaderboard.ladder.update_rules import (
    exact_errors,
    exact_step,
    nearest_on_grid,
    paired_ladder,
    step_ladder,
)
from customs_scorer.metrics.gains import Gains, luck_variance

Kind = Literal["step", "parameter_free", "paired"]

#: Public test declarations of an edition of 54,000, and the step there.
_REFERENCE_ROWS: Final = 8_134
_REFERENCE_STEP: Final = 0.01

#: Standard errors of the paired Ladder: the smallest whole number that hides the luckiest of 500
#: random files (LADDER.md).
STRICT_ERRORS: Final = 3.0

#: Standard errors of a random file's score by which a submission must beat chance to leave the
#: ground. LADDER.md derives how rarely a random file does.
GROUND_ERRORS: Final = 4.0


def default_step(n_declarations: int) -> float:
    """Return the default step for a public test period of a given size.

    Parameters
    ----------
    n_declarations : int
        Public test declarations, at least one.

    Returns
    -------
    float
        In (0, 1), two significant digits.

    Notes
    -----
    0.01 * sqrt(8134 / n_declarations): the standard error of a precision falls with the square
    root of the number of declarations, and the step with it. 8,134 are the public test declarations
    of an edition of 54,000.

    Examples
    --------
    A hundred times as many declarations: a tenth of the step.

    >>> default_step(8_134), default_step(813_400), default_step(407)
    (0.01, 0.001, 0.045)
    """
    if n_declarations < 1:
        raise ValueError(f"n_declarations = {n_declarations} is not at least 1.")
    return float(f"{_REFERENCE_STEP * sqrt(_REFERENCE_ROWS / n_declarations):.1e}")


@dataclass(frozen=True)
class LadderState:
    """State of a team's Ladder between two submissions; plain values.

    Attributes
    ----------
    best_shown : float or None
        The public score on the board; None before the first submission.
    best_submission : int or None
        Number of the submission whose score is `best_shown`. Ladders with a paired test need its
        gains.
    """

    best_shown: float | None = None
    best_submission: int | None = None


@dataclass(frozen=True)
class Ladder:
    """A competition's Ladder.

    Attributes
    ----------
    kind : {"step", "parameter_free", "paired"}
        Update rule: what a submission must beat the shown score by.
    step : float
        In (0, 1]; the parameter-free Ladder does not use it.
    standard_errors : float
        Standard errors of the paired difference, at least 0; only the paired Ladder uses it.
    ground_errors : float
        Standard errors of a random file's score by which a submission must beat chance to leave
        the ground, at least 0. With 0 there is no ground: the first score is always shown.
    higher_is_better : bool
        Direction of the score.

    Notes
    -----
    Chance scores the base rate b: the score of a file of equal scores. The board shows it, rounded
    to R, as if every team had sent such a file first. With v `luck_variance`, a file of precision p
    leaves the ground if::

        p >= R + step  and  p > b + ground_errors * sqrt(v)

    v is the variance of a random file's score. A paired test, among few declarations, would keep
    even a perfect file on the ground.

    Examples
    --------
    Two of four are opened, one is fraud: chance scores 1/4, with a standard error of 1/4 (see
    `luck_variance`). The perfect file is better by exactly one standard error.

    >>> from customs_scorer.metrics.inspection import gains_of
    >>> y_true = [1, 0, 0, 0]
    >>> chance, new = gains_of(y_true, [0, 0, 0, 0], 0.5), gains_of(y_true, [4, 3, 2, 1], 0.5)
    >>> Ladder("step", 0.01, ground_errors=1).update(LadderState(), 1, new, chance=chance)
    LadderState(best_shown=0.25, best_submission=1)
    >>> Ladder("step", 0.01, ground_errors=0.9).update(LadderState(), 1, new, chance=chance)
    LadderState(best_shown=0.5, best_submission=1)
    """

    kind: Kind
    step: float
    standard_errors: float = STRICT_ERRORS
    ground_errors: float = GROUND_ERRORS
    higher_is_better: bool = True

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"Unknown kind {self.kind!r}: choose {', '.join(get_args(Kind))}.")
        exact_step(self.step)
        exact_errors(self.standard_errors)
        exact_errors(self.ground_errors)

    @property
    def needs_gains(self) -> bool:
        """Whether the metric must be a mean of gains: for a paired test, or for the ground."""
        return self.kind != "step" or self.ground_errors > 0

    def needs_best(self, state: LadderState, chance: Gains | None) -> bool:
        """Whether `update` needs the best submission's gains."""
        if self.kind == "step" or state.best_submission is None:
            return False
        return not self._is_on_ground(state, chance)

    def update(
        self,
        state: LadderState,
        number: int,
        new: Gains | float,
        *,
        chance: Gains | None,
        best: Gains | None = None,
    ) -> LadderState:
        """Return the team's state after a submission; the same state if its score is not shown.

        Parameters
        ----------
        state : LadderState
            State before the submission.
        number : int
            Number of the submission.
        new : Gains or float
            Its gains; its score is enough unless `needs_gains`.
        chance : Gains or None
            Gains of a file of equal scores; None is enough unless `needs_gains`.
        best : Gains, optional
            Gains of submission ``state.best_submission``; required if `needs_best`.
        """
        if not isinstance(new, Gains):
            score = step_ladder(
                state.best_shown, new, self.step, higher_is_better=self.higher_is_better
            )
            return state if score == state.best_shown else LadderState(score, number)
        if chance is not None and self._is_on_ground(state, chance):
            return self._leave_ground(state, number, new, chance)
        if self.kind == "step":
            return self.update(state, number, float(new.exact), chance=chance)
        is_paired = self.kind == "paired"
        score, improved = paired_ladder(
            state.best_shown,
            best,
            new,
            step=self._grid(new),
            standard_errors=self.standard_errors if is_paired else 1,
            higher_is_better=self.higher_is_better,
        )
        return LadderState(score, number) if improved else state

    def _grid(self, gains: Gains) -> Fraction:
        return 1 / gains.weight if self.kind == "parameter_free" else exact_step(self.step)

    def _better_by(self, new: Fraction, old: Fraction) -> Fraction:
        return new - old if self.higher_is_better else old - new

    def _is_on_ground(self, state: LadderState, chance: Gains | None) -> bool:
        """Whether the board shows nothing yet or the score of chance; False without a ground."""
        if self.ground_errors == 0 or chance is None:
            return False
        ground = float(nearest_on_grid(chance.exact, self._grid(chance)))
        if state.best_shown is None:
            return True
        return self._better_by(Fraction(state.best_shown), Fraction(ground)) <= 0

    def _leave_ground(
        self, state: LadderState, number: int, new: Gains, chance: Gains
    ) -> LadderState:
        grid = self._grid(chance)
        ground = nearest_on_grid(chance.exact, grid)
        gain = self._better_by(new.exact, chance.exact)
        errors = exact_errors(self.ground_errors)
        clearly = gain > 0 and gain**2 > errors**2 * luck_variance(chance)
        if clearly and self._better_by(new.exact, ground) >= grid:
            return LadderState(float(nearest_on_grid(new.exact, grid)), number)
        return LadderState(float(ground), number) if state.best_shown is None else state
