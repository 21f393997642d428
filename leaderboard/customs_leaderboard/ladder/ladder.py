"""The Ladder: how much of its public scores a team is shown before the close.

A board that shows every score answers as many questions about the hidden labels as there are
submissions. The Ladder keeps showing the old score until a submission beats it clearly, and then
shows the new one rounded: all other answers are "not clearly better". What beats clearly is said in
`rungs`. Every Ladder stands on the ground: what chance scores is shown until a submission is
clearly better than it. LADDER.md says what each holds off.

Everything here is pure.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from math import sqrt
from typing import Any, Final, Literal, get_args

from customs_leaderboard.ladder.update_rules import (
    exact_errors,
    exact_step,
    nearest_on_grid,
    paired_ladder,
    parameter_free_ladder,
    step_ladder,
)
from customs_scorer.metrics.gains import Gains, luck_variance

Kind = Literal["step", "parameter_free", "paired"]

#: Public test declarations of an edition of 54,000, and the step there.
_REFERENCE_ROWS: Final = 8_134
_REFERENCE_STEP: Final = 0.01

#: Standard errors of the paired Ladder: the fewest whole ones that hide the luckiest of 500 random
#: files (LADDER.md).
STRICT_ERRORS: Final = 3.0

#: Standard errors of luck by which a submission must beat chance to leave the ground. How seldom a
#: random file does is derived in LADDER.md.
GROUND_ERRORS: Final = 4.0


def default_step(n_declarations: int) -> float:
    """Step of the Ladder for a public test period of this size.

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
        raise ValueError(f"n_declarations must be at least 1, however: {n_declarations}.")
    return float(f"{_REFERENCE_STEP * sqrt(_REFERENCE_ROWS / n_declarations):.1e}")


@dataclass(frozen=True)
class LadderState:
    """What is kept of a team's Ladder between two submissions; plain values.

    Attributes
    ----------
    best_shown : float or None
        What everybody sees; None before the first submission.
    best_submission : int or None
        Number of the submission that `best_shown` was shown for. Ladders with a paired test need
        what it catches (`gains_of` of its file).
    """

    best_shown: float | None = None
    best_submission: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the state as plain data; ``LadderState(**state.as_dict())`` is the state again."""
        return asdict(self)


@dataclass(frozen=True)
class Ladder:
    """A competition's Ladder.

    Attributes
    ----------
    kind : {"step", "parameter_free", "paired"}
        What a submission must beat the shown score by.
    step : float
        In (0, 1]; the parameter-free Ladder does not use it.
    standard_errors : float
        Of the paired difference, at least 0; only the paired Ladder uses it.
    ground_errors : float
        Of a random file's score, that a submission must be better than chance by to leave the
        ground, at least 0; 0 for a Ladder without a ground, which shows every first score.

    Notes
    -----
    What chance scores is the base rate b: the score of a file that gives every declaration the
    same. It is shown, rounded to R, as if every team had sent such a file before its first. With v
    `luck_variance`, a file of precision p leaves the ground if::

        p >= R + step  and  p > b + ground_errors * sqrt(v)

    The error is that of luck and not of a paired test: among few declarations that one would keep
    even a perfect file on the ground.

    Examples
    --------
    Two of four are opened, one is fraud: chance scores 1/4, with a standard error of 1/4 (see
    `luck_variance`). The perfect file is not more than one of them better.

    >>> from customs_scorer.metrics.inspection import gains_of
    >>> y_true = [1, 0, 0, 0]
    >>> chance, new = gains_of(y_true, [0, 0, 0, 0], 0.5), gains_of(y_true, [4, 3, 2, 1], 0.5)
    >>> Ladder("step", 0.01, ground_errors=1).climb(LadderState(), 1, new, chance=chance)
    LadderState(best_shown=0.25, best_submission=1)
    >>> Ladder("step", 0.01, ground_errors=0.9).climb(LadderState(), 1, new, chance=chance)
    LadderState(best_shown=0.5, best_submission=1)
    """

    kind: Kind
    step: float
    standard_errors: float = STRICT_ERRORS
    ground_errors: float = GROUND_ERRORS

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind must be one of {get_args(Kind)}, however: {self.kind!r}.")
        exact_step(self.step)
        exact_errors(self.standard_errors)
        exact_errors(self.ground_errors)

    def needs_best(self, state: LadderState, chance: Gains) -> bool:
        """Whether `climb` needs what the best submission catches."""
        off_the_ground = not self._is_on_ground(state, chance)
        return off_the_ground and state.best_submission is not None and self.kind != "step"

    def climb(
        self,
        state: LadderState,
        number: int,
        new: Gains,
        *,
        chance: Gains,
        best: Gains | None = None,
    ) -> LadderState:
        """Return the team's state after a submission; the same state if nothing new is shown.

        Parameters
        ----------
        state : LadderState
            Before the submission.
        number : int
            Of the submission.
        new : Gains
            What it catches.
        chance : Gains
            What a file of equal scores catches of the same declarations.
        best : Gains, optional
            What submission ``state.best_submission`` catches; needed if `needs_best`.
        """
        if self._is_on_ground(state, chance):
            return self._leave_ground(state, number, new, chance)
        if self.kind == "step":
            shown = step_ladder(state.best_shown, float(new.exact), self.step)
            improved = shown != state.best_shown
        elif self.kind == "parameter_free":
            shown, improved = parameter_free_ladder(state.best_shown, best, new)
        else:
            shown, improved = paired_ladder(
                state.best_shown,
                best,
                new,
                step=self.step,
                standard_errors=self.standard_errors,
            )
        return LadderState(shown, number) if improved else state

    def _grid(self, chance: Gains) -> Fraction:
        if self.kind == "parameter_free":
            return 1 / chance.weight
        return exact_step(self.step)

    def _is_on_ground(self, state: LadderState, chance: Gains) -> bool:
        """Whether a team is shown what chance scores, or nothing yet; never without a ground."""
        if self.ground_errors == 0:
            return False
        ground = float(nearest_on_grid(chance.exact, self._grid(chance)))
        return state.best_shown is None or state.best_shown <= ground

    def _leave_ground(
        self, state: LadderState, number: int, new: Gains, chance: Gains
    ) -> LadderState:
        grid = self._grid(chance)
        ground = nearest_on_grid(chance.exact, grid)
        gain = new.exact - chance.exact
        errors = exact_errors(self.ground_errors)
        clearly = gain > 0 and gain**2 > errors**2 * luck_variance(chance)
        if clearly and new.exact >= ground + grid:
            return LadderState(float(nearest_on_grid(new.exact, grid)), number)
        return LadderState(float(ground), number) if state.best_shown is None else state
