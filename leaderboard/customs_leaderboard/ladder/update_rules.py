"""Update rules: which score is shown after a submission, given the score shown before.

A submission must beat the shown score by a fixed step (`step_ladder`), or by a step and standard
errors of a paired test against the best submission (`paired_ladder`).

Scores are compared as fractions, because in floating point 0.28 + 0.01 is more than 0.29.

References
----------
A. Blum and M. Hardt, 'The Ladder: A Reliable Leaderboard for Machine Learning Competitions',
ICML 2015, arXiv:1502.04585, figures 1 (step) and 2 (parameter-free).
"""

from __future__ import annotations

from fractions import Fraction
from math import floor, isfinite

from customs_scorer.metrics.gains import Gains, check_pair, paired_variance


def step_ladder(
    best_shown: float | None, score: float, step: float, *, higher_is_better: bool = True
) -> float:
    """Return the score to show: the old one unless the new one beats it by a step.

    Parameters
    ----------
    best_shown : float or None
        Score shown so far, a multiple of `step`; None before the first submission.
    score : float
        Exact score of the new submission.
    step : float
        In (0, 1], read as the decimal number it is written as.
    higher_is_better : bool
        Direction of the score.

    Returns
    -------
    float
        `best_shown`, or `score` rounded to the nearest multiple of `step` (halves up; scores up to
        1 never above 1); never worse than `best_shown`.

    Raises
    ------
    ValueError
        If a number is out of its range, or `best_shown` is no multiple of `step`.

    Notes
    -----
    With s the step, R the score shown and p the exact score::

        R' = s * floor(p / s + 1/2)  if R is None or p >= R + s,  else R

    (p <= R - s if lower is better.) So the scores shown depend on each exact score only through
    floor(2 * p / s).

    Examples
    --------
    0.284 is shown as 0.28. 0.289 does not reach 0.28 + 0.01, 0.29 does:

    >>> step_ladder(None, 0.284, 0.01)
    0.28
    >>> step_ladder(0.28, 0.289, 0.01), step_ladder(0.28, 0.29, 0.01)
    (0.28, 0.29)
    """
    grid = exact_step(step)
    exact = _score_as_fraction(score)
    if best_shown is not None:
        gain = exact - _on_grid(best_shown, grid)
        if (gain if higher_is_better else -gain) < grid:
            return best_shown
    return float(nearest_on_grid(exact, grid))


def paired_ladder(
    best_shown: float | None,
    best: Gains | None,
    new: Gains,
    *,
    step: float | Fraction,
    standard_errors: float,
    higher_is_better: bool = True,
) -> tuple[float, bool]:
    """Return the score to show, and whether the new submission is the team's best from now on.

    Parameters
    ----------
    best_shown : float or None
        Score shown so far, a multiple of `step`; None before the first submission.
    best : Gains or None
        Gains of the submission behind `best_shown`; None before the first submission.
    new : Gains
        Gains of the new submission.
    step : float or Fraction
        In (0, 1]; a float is read as the decimal number it is written as.
    standard_errors : float
        Standard errors of the paired difference by which the new submission must be better, at
        least 0.
    higher_is_better : bool
        Direction of the score.

    Returns
    -------
    tuple of float and bool
        `best_shown` and False; or the new value, rounded as by `step_ladder`, and True: then
        later submissions are compared with the new one.

    Raises
    ------
    ValueError
        If a number is out of range, `best_shown` is not a multiple of `step`, only one of
        `best_shown` and `best` is None, or the submissions are for different periods.

    Notes
    -----
    With R the score shown, p the new value and v `paired_variance`, the submission is better if::

        p >= R + step  and  p > R + standard_errors * sqrt(v)

    The test treats the cut as fixed. The parameter-free Ladder has one standard error and steps of
    1 / weight: Blum and Hardt round to 1 / n because their losses are means of n values; a
    precision is a mean of the k opened.

    Examples
    --------
    Two of four are opened. The first submission catches row 1, the second rows 0 and 1: 1 exceeds
    0.5 by exactly one standard error (see `paired_variance`).

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
        raise ValueError("Pass best_shown and best together.")
    check_pair(new, best)
    gain = (new.exact - _on_grid(best_shown, grid)) * (1 if higher_is_better else -1)
    if gain < grid or gain**2 <= errors**2 * paired_variance(new, best):
        return best_shown, False
    return float(nearest_on_grid(new.exact, grid)), True


def exact_step(step: float | Fraction) -> Fraction:
    """Return a step as the decimal number it is written as: 0.01 as 1/100.

    Raises
    ------
    ValueError
        If it is not in (0, 1].
    """
    if not (isfinite(step) and 0 < step <= 1):
        raise ValueError(f"The step {step} is out of range: it must be in (0, 1].")
    return step if isinstance(step, Fraction) else Fraction(repr(float(step)))


def exact_errors(standard_errors: float) -> Fraction:
    """Return a number of standard errors as the decimal number it is written as.

    Raises
    ------
    ValueError
        If it is below 0.
    """
    if not (isfinite(standard_errors) and standard_errors >= 0):
        raise ValueError(f"standard_errors = {standard_errors} must be at least 0.")
    return Fraction(repr(float(standard_errors)))


def _score_as_fraction(score: float) -> Fraction:
    # The shortest decimal that names this float: 0.29 for 29 of 100.
    if not isfinite(score):
        raise ValueError(f"The score {score} must be finite.")
    return Fraction(repr(float(score)))


def nearest_on_grid(score: Fraction, grid: Fraction) -> Fraction:
    """Return the nearest multiple of the grid, halves up; never above 1 for scores up to 1."""
    nearest = floor(score / grid + Fraction(1, 2))
    return grid * (min(nearest, floor(1 / grid)) if score <= 1 else nearest)


def _on_grid(shown: float, grid: Fraction) -> Fraction:
    """Return the multiple of the grid that a float was rounded from."""
    exact = round(Fraction(shown) / grid) * grid
    if float(exact) != shown:
        raise ValueError(f"{shown} is not a multiple of {grid}.")
    return exact
