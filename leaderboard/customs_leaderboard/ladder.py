"""The Ladder: how much of its public scores a team is shown before the close.

A board that shows every score answers as many questions about the hidden labels as there are
submissions. The Ladder keeps showing the old score until a submission beats it clearly, and then
shows the new one rounded: all other answers are "not clearly better". What beats clearly is a fixed
step (`step_ladder`), a paired test against the best submission (`parameter_free_ladder`), or both,
with more than one standard error (`paired_ladder`). Every Ladder stands on the ground: what chance
scores is shown until a submission is clearly better than it. LADDER.md says what each holds off.

Everything here is pure. Scores and grids are compared as fractions, because in floating point
0.28 + 0.01 is more than 0.29.

References
----------
A. Blum and M. Hardt, 'The Ladder: A Reliable Leaderboard for Machine Learning Competitions',
ICML 2015, arXiv:1502.04585, figures 1 (step) and 2 (parameter-free).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from math import floor, isfinite, sqrt
from typing import Any, Final, Literal, get_args

from customs_leaderboard.caught import Caught, catch, check_pair, paired_variance

__all__ = [
    "GROUND_ERRORS",
    "STRICT_ERRORS",
    "Caught",
    "Kind",
    "Ladder",
    "LadderState",
    "catch",
    "default_step",
    "paired_ladder",
    "paired_variance",
    "parameter_free_ladder",
    "step_ladder",
]

Kind = Literal["step", "parameter_free", "paired"]

#: Public test declarations of an edition of 54,000, and the step there.
_REFERENCE_ROWS: Final = 8_134
_REFERENCE_STEP: Final = 0.01

#: Standard errors of the paired Ladder: the fewest whole ones that hide the luckiest of 500 random
#: files (LADDER.md).
STRICT_ERRORS: Final = 3.0

#: Standard errors by which a submission must beat chance to leave the ground. A random file is 4
#: of them above it once in more than ten thousand times; a model that learnt anything is 10 above.
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


def step_ladder(best_shown: float | None, score: float, step: float) -> float:
    """Return what is shown after a submission: the old value unless the new one beats it by a step.

    Parameters
    ----------
    best_shown : float or None
        What is shown so far, a multiple of `step`; None before the first submission.
    score : float
        Exact score of the new submission, in [0, 1].
    step : float
        In (0, 1], meant as the decimal number it is written as.

    Returns
    -------
    float
        `best_shown` itself, or `score` rounded to the nearest multiple of `step` (halves up, never
        above 1); so never less than `best_shown`.

    Raises
    ------
    ValueError
        If a number is out of its range, or `best_shown` is no multiple of `step`.

    Notes
    -----
    With s the step, R the value shown and p the score::

        R' = s * floor(p / s + 1/2)  if R is None or p >= R + s,  else R

    So a sequence of shown values depends on each score only through floor(2 * p / s): the grid line
    or midpoint last crossed.

    Examples
    --------
    0.284 is shown as 0.28. 0.289 does not reach 0.28 + 0.01, 0.29 does:

    >>> step_ladder(None, 0.284, 0.01)
    0.28
    >>> step_ladder(0.28, 0.289, 0.01), step_ladder(0.28, 0.29, 0.01)
    (0.28, 0.29)
    """
    grid = _step_as_fraction(step)
    precision = _score_as_fraction(score)
    if best_shown is not None and precision < _on_grid(best_shown, grid) + grid:
        return best_shown
    return float(_rounded(precision, grid))


def paired_ladder(
    best_shown: float | None,
    best: Caught | None,
    new: Caught,
    *,
    step: float | Fraction,
    standard_errors: float,
) -> tuple[float, bool]:
    """Return what is shown after a submission, and whether it is the team's best from now on.

    Parameters
    ----------
    best_shown : float or None
        What is shown so far, a multiple of `step`; None before the first submission.
    best : Caught or None
        What the submission behind `best_shown` catches; None before the first submission.
    new : Caught
        What the new submission catches.
    step : float or Fraction
        In (0, 1]; a float is meant as the decimal number it is written as.
    standard_errors : float
        Of the paired difference that the new submission must be better by, at least 0.

    Returns
    -------
    tuple of float and bool
        `best_shown` itself and False; or the new precision rounded as by `step_ladder` and True:
        then the new submission is the one to compare with from now on.

    Raises
    ------
    ValueError
        If a number is out of its range, `best_shown` is no multiple of `step`, one of `best_shown`
        and `best` is None without the other, or the two submissions are of different periods.

    Notes
    -----
    With R the value shown, p the new precision and v `paired_variance`, it must hold that::

        p >= R + step  and  p > R + standard_errors * sqrt(v)

    The test takes the cut as given.

    Examples
    --------
    Two of four are opened. The first submission catches row 1, the second rows 0 and 1: 1 is more
    than 0.5 by 0.5, which is the standard error (see `paired_variance`) and not more.

    >>> y_true = [1, 1, 0, 0]
    >>> first, second = catch(y_true, [1, 4, 3, 2], 0.5), catch(y_true, [4, 3, 2, 1], 0.5)
    >>> paired_ladder(0.5, first, second, step=0.1, standard_errors=1)
    (0.5, False)
    >>> paired_ladder(0.5, first, second, step=0.1, standard_errors=0.9)
    (1.0, True)
    """
    grid, errors = _step_as_fraction(step), _errors_as_fraction(standard_errors)
    if best_shown is None and best is None:
        return float(_rounded(new.precision, grid)), True
    if best_shown is None or best is None:
        raise ValueError("best_shown and best must be given together.")
    check_pair(new, best)
    gain = new.precision - _on_grid(best_shown, grid)
    if gain < grid or gain**2 <= errors**2 * paired_variance(new, best):
        return best_shown, False
    return float(_rounded(new.precision, grid)), True


def parameter_free_ladder(
    best_shown: float | None, best: Caught | None, new: Caught
) -> tuple[float, bool]:
    """Return what the parameter-free Ladder shows: `paired_ladder` at one error and steps of 1 / k.

    Parameters, results and errors as `paired_ladder`.

    Notes
    -----
    Blum and Hardt round to 1 / n of their n losses; the scores here are means of k. Ties apart, a
    gain is never below 1 / k.

    Examples
    --------
    As `paired_ladder`, whose second submission is not more than one standard error better:

    >>> y_true = [1, 1, 0, 0]
    >>> first, second = catch(y_true, [1, 4, 3, 2], 0.5), catch(y_true, [4, 3, 2, 1], 0.5)
    >>> parameter_free_ladder(None, None, first)
    (0.5, True)
    >>> parameter_free_ladder(0.5, first, second)
    (0.5, False)
    """
    return paired_ladder(
        best_shown, best, new, step=Fraction(1, new.n_inspected), standard_errors=1
    )


@dataclass(frozen=True)
class LadderState:
    """What is kept of a team's Ladder between two submissions; plain values.

    Attributes
    ----------
    best_shown : float or None
        What everybody sees; None before the first submission.
    best_submission : int or None
        Number of the submission that `best_shown` was shown for. Ladders with a paired test need
        what it catches (`catch` of its file).
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
        Of the paired difference to chance that a submission must be better by to leave the ground,
        at least 0; 0 for a Ladder without a ground, which shows every first score.

    Notes
    -----
    What chance scores is the base rate: the score of a file that gives every declaration the same.
    It is shown, rounded, as if every team had sent such a file before its first: the first rung is
    that of a `paired_ladder` with `ground_errors` from there.

    Examples
    --------
    >>> y_true = [1, 0, 0, 0]
    >>> chance, new = catch(y_true, [0, 0, 0, 0], 0.5), catch(y_true, [4, 3, 2, 1], 0.5)
    >>> Ladder("step", 0.01).climb(LadderState(), 1, new, chance=chance)
    LadderState(best_shown=0.25, best_submission=1)
    >>> Ladder("step", 0.01, ground_errors=0).climb(LadderState(), 1, new, chance=chance)
    LadderState(best_shown=0.5, best_submission=1)
    """

    kind: Kind
    step: float
    standard_errors: float = STRICT_ERRORS
    ground_errors: float = GROUND_ERRORS

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind must be one of {get_args(Kind)}, however: {self.kind!r}.")
        _step_as_fraction(self.step)
        _errors_as_fraction(self.standard_errors)
        _errors_as_fraction(self.ground_errors)

    def compares_with_best(self, state: LadderState, chance: Caught) -> bool:
        """Whether `climb` needs what the best submission catches."""
        off_the_ground = not self._is_on_ground(state, chance)
        return off_the_ground and state.best_submission is not None and self.kind != "step"

    def climb(
        self,
        state: LadderState,
        number: int,
        new: Caught,
        *,
        chance: Caught,
        best: Caught | None = None,
    ) -> LadderState:
        """Return the team's state after a submission; the same state if nothing new is shown.

        Parameters
        ----------
        state : LadderState
            Before the submission.
        number : int
            Of the submission.
        new : Caught
            What it catches.
        chance : Caught
            What a file of equal scores catches of the same declarations.
        best : Caught, optional
            What submission ``state.best_submission`` catches; needed if `compares_with_best`.
        """
        if self._is_on_ground(state, chance):
            return self._leave_ground(state, number, new, chance)
        if self.kind == "step":
            shown = step_ladder(state.best_shown, float(new.precision), self.step)
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

    def _grid(self, chance: Caught) -> Fraction:
        if self.kind == "parameter_free":
            return Fraction(1, chance.n_inspected)
        return _step_as_fraction(self.step)

    def _is_on_ground(self, state: LadderState, chance: Caught) -> bool:
        """Whether a team is shown what chance scores, or nothing yet; never without a ground."""
        if self.ground_errors == 0:
            return False
        ground = float(_rounded(chance.precision, self._grid(chance)))
        return state.best_shown is None or state.best_shown <= ground

    def _leave_ground(
        self, state: LadderState, number: int, new: Caught, chance: Caught
    ) -> LadderState:
        grid = self._grid(chance)
        ground = float(_rounded(chance.precision, grid))
        shown, left = paired_ladder(
            ground, chance, new, step=grid, standard_errors=self.ground_errors
        )
        return LadderState(shown, number) if left or state.best_shown is None else state


def _step_as_fraction(step: float | Fraction) -> Fraction:
    """0.01 as a hundredth, not as its binary neighbour."""
    if not (isfinite(step) and 0 < step <= 1):
        raise ValueError(f"A step must be above 0 and at most 1, however: {step}.")
    return step if isinstance(step, Fraction) else Fraction(repr(float(step)))


def _errors_as_fraction(standard_errors: float) -> Fraction:
    if not (isfinite(standard_errors) and standard_errors >= 0):
        raise ValueError(f"standard_errors must be at least 0, however: {standard_errors}.")
    return Fraction(repr(float(standard_errors)))


def _score_as_fraction(score: float) -> Fraction:
    # The shortest decimal that names this float: 0.29 for 29 of 100.
    if not (isfinite(score) and 0 <= score <= 1):
        raise ValueError(f"A score must be from 0 to 1, however: {score}.")
    return Fraction(repr(float(score)))


def _rounded(precision: Fraction, grid: Fraction) -> Fraction:
    """Nearest multiple of the grid that is at most 1, halves up."""
    return min(floor(precision / grid + Fraction(1, 2)), floor(1 / grid)) * grid


def _on_grid(shown: float, grid: Fraction) -> Fraction:
    """The multiple of the grid that a float stands for."""
    exact = round(Fraction(shown) / grid) * grid
    if float(exact) != shown:
        raise ValueError(f"{shown} must be a multiple of {grid}, however: it is not.")
    return exact
