"""Rungs: what is shown after a submission, given what was shown before.

What a submission must beat the shown score by is a fixed step (`step_ladder`), a paired test
against the best submission (`parameter_free_ladder`), or both, with more than one standard error
(`paired_ladder`).

Scores and grids are compared as fractions, because in floating point 0.28 + 0.01 is more than 0.29.

References
----------
A. Blum and M. Hardt, 'The Ladder: A Reliable Leaderboard for Machine Learning Competitions',
ICML 2015, arXiv:1502.04585, figures 1 (step) and 2 (parameter-free).
"""

from __future__ import annotations

from fractions import Fraction
from math import floor, isfinite

from customs_scorer.metrics.gains import Gains, check_pair, paired_variance


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
    grid = exact_step(step)
    precision = _score_as_fraction(score)
    if best_shown is not None and precision < _on_grid(best_shown, grid) + grid:
        return best_shown
    return float(nearest_on_grid(precision, grid))


def paired_ladder(
    best_shown: float | None,
    best: Gains | None,
    new: Gains,
    *,
    step: float | Fraction,
    standard_errors: float,
) -> tuple[float, bool]:
    """Return what is shown after a submission, and whether it is the team's best from now on.

    Parameters
    ----------
    best_shown : float or None
        What is shown so far, a multiple of `step`; None before the first submission.
    best : Gains or None
        What the submission behind `best_shown` catches; None before the first submission.
    new : Gains
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

    >>> from customs_scorer.metrics.inspection import gains_of
    >>> y_true = [1, 1, 0, 0]
    >>> first, second = gains_of(y_true, [1, 4, 3, 2], 0.5), gains_of(y_true, [4, 3, 2, 1], 0.5)
    >>> paired_ladder(0.5, first, second, step=0.1, standard_errors=1)
    (0.5, False)
    >>> paired_ladder(0.5, first, second, step=0.1, standard_errors=0.9)
    (1.0, True)
    """
    grid, errors = exact_step(step), exact_errors(standard_errors)
    if best_shown is None and best is None:
        return float(nearest_on_grid(new.exact, grid)), True
    if best_shown is None or best is None:
        raise ValueError("best_shown and best must be given together.")
    check_pair(new, best)
    gain = new.exact - _on_grid(best_shown, grid)
    if gain < grid or gain**2 <= errors**2 * paired_variance(new, best):
        return best_shown, False
    return float(nearest_on_grid(new.exact, grid)), True


def parameter_free_ladder(
    best_shown: float | None, best: Gains | None, new: Gains
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

    >>> from customs_scorer.metrics.inspection import gains_of
    >>> y_true = [1, 1, 0, 0]
    >>> first, second = gains_of(y_true, [1, 4, 3, 2], 0.5), gains_of(y_true, [4, 3, 2, 1], 0.5)
    >>> parameter_free_ladder(None, None, first)
    (0.5, True)
    >>> parameter_free_ladder(0.5, first, second)
    (0.5, False)
    """
    return paired_ladder(best_shown, best, new, step=1 / new.weight, standard_errors=1)


def exact_step(step: float | Fraction) -> Fraction:
    """Return 0.01 as a hundredth, not as its binary neighbour.

    Raises
    ------
    ValueError
        If it is not above 0 and at most 1.
    """
    if not (isfinite(step) and 0 < step <= 1):
        raise ValueError(f"A step must be above 0 and at most 1, however: {step}.")
    return step if isinstance(step, Fraction) else Fraction(repr(float(step)))


def exact_errors(standard_errors: float) -> Fraction:
    """Return a number of standard errors as the decimal number it is written as.

    Raises
    ------
    ValueError
        If it is below 0.
    """
    if not (isfinite(standard_errors) and standard_errors >= 0):
        raise ValueError(f"standard_errors must be at least 0, however: {standard_errors}.")
    return Fraction(repr(float(standard_errors)))


def _score_as_fraction(score: float) -> Fraction:
    # The shortest decimal that names this float: 0.29 for 29 of 100.
    if not (isfinite(score) and 0 <= score <= 1):
        raise ValueError(f"A score must be from 0 to 1, however: {score}.")
    return Fraction(repr(float(score)))


def nearest_on_grid(precision: Fraction, grid: Fraction) -> Fraction:
    """Return the nearest multiple of the grid that is at most 1, halves up."""
    return min(floor(precision / grid + Fraction(1, 2)), floor(1 / grid)) * grid


def _on_grid(shown: float, grid: Fraction) -> Fraction:
    """The multiple of the grid that a float stands for."""
    exact = round(Fraction(shown) / grid) * grid
    if float(exact) != shown:
        raise ValueError(f"{shown} must be a multiple of {grid}, however: it is not.")
    return exact
