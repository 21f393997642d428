"""The Ladder shows exactly the scores it should, and only multiples of its grid."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from customs_data.errors import KitError
from customs_leaderboard.ladder.ladder import Ladder, LadderState, default_step
from customs_leaderboard.ladder.update_rules import (
    paired_ladder,
    step_ladder,
)
from customs_scorer.metrics.gains import paired_variance
from customs_scorer.metrics.inspection import chance_of, gains_of, precision_at

RATE = 0.25
STEPS = st.sampled_from([0.01, 0.02, 0.03, 0.05, 0.045, 0.3, 0.4, 0.00047, 1.0])
# Precisions, like the scorer's: a count over k.
PRECISIONS = st.integers(1, 500).flatmap(lambda k: st.integers(0, k).map(lambda n: n / k))
HISTORIES = st.lists(PRECISIONS, min_size=1, max_size=30)


def parameter_free(shown, best, new):
    return paired_ladder(shown, best, new, step=1 / new.weight, standard_errors=1)


@st.composite
def submissions_of_a_period(draw):
    """Draw labels and scores of few values, so that ties at the cut are common."""
    n = draw(st.integers(2, 40))
    rows = {"min_size": n, "max_size": n}
    y_true = draw(st.lists(st.integers(0, 1), **rows))
    files = draw(st.lists(st.lists(st.integers(0, 4), **rows), min_size=2, max_size=8))
    return np.array(y_true), [np.array(file) for file in files]


def written(number):
    return Fraction(repr(number))


def steps_shown(scores, step):
    shown = [None]
    for score in scores:
        shown.append(step_ladder(shown[-1], score, step))
    return shown[1:]


def parts_caught(y_true, scores):
    """Return the gain of every declaration, counted one by one, and k."""
    k = -(-len(scores) // 4)
    cut = sorted(scores, reverse=True)[k - 1]
    share = (k - (scores > cut).sum()) / (scores == cut).sum()
    return y_true * np.where(scores > cut, 1.0, np.where(scores == cut, share, 0.0)), k


@pytest.mark.parametrize(
    ("best", "score", "step", "shown"),
    [
        (0.28, 29 / 100, 0.01, 0.29),  # in floats 0.28 + 0.01 is more than 0.29
        (0.57, 58 / 100, 0.01, 0.58),
        (0.28, 118 / 407, 0.01, 0.28),  # 0.28993 does not reach 0.29
        (0.28, 119 / 407, 0.01, 0.29),  # 0.29238
        (0.28, 0.295, 0.01, 0.3),  # halves up
        (None, 0.285, 0.01, 0.29),
        (0.6, 0.9, 0.3, 0.9),  # 3 * 0.3 is less than 0.9 in floats
        (0.4, 1.0, 0.4, 0.8),  # 2.5 steps; three would be above 1
        (0.0, 0.0, 0.01, 0.0),
        (0.99, 1.0, 0.01, 1.0),
    ],
)
def test_the_step_is_compared_as_people_write_it(best, score, step, shown):
    assert step_ladder(best, score, step) == shown


@given(HISTORIES, STEPS)
def test_a_score_that_should_be_low_mirrors_one_that_should_be_high(scores, step):
    """Whether lower or higher is better, a score is shown when it beats the shown one by a step."""
    best = None
    for score in scores:
        after = step_ladder(best, score, step, higher_is_better=False)
        beats = best is None or written(score) <= written(best) - written(step)
        assert after == (step_ladder(None, score, step) if beats else best)
        best = after


def test_a_score_above_one_is_rounded_like_any_other():
    assert step_ladder(None, 1.234, 0.05) == 1.25
    assert step_ladder(1.25, 1.31, 0.05) == 1.3
    assert step_ladder(1.25, 1.19, 0.05, higher_is_better=False) == 1.2


@given(HISTORIES, STEPS)
def test_what_is_shown_never_falls_and_moves_by_clear_improvements_only(scores, step):
    shown = steps_shown(scores, step)
    for before, score, after in zip(shown, scores[1:], shown[1:], strict=False):
        beats = written(score) >= written(before) + written(step)
        assert (after > before) == beats
        assert after >= before


@given(HISTORIES, STEPS)
def test_what_is_shown_stands_on_the_grid_and_near_the_score(scores, step):
    for shown in steps_shown(scores, step):
        assert (written(shown) / written(step)).denominator == 1
        assert 0 <= shown <= 1
    first = steps_shown(scores, step)[0]
    assert abs(first - scores[0]) <= step / 2 + 1e-12 or first + step > 1


@given(HISTORIES, STEPS)
def test_only_crossings_of_grid_lines_and_midpoints_are_seen(scores, step):
    half = written(step) / 2
    lowered = [float(floor(written(score) / half) * half) for score in scores]
    assert steps_shown(lowered, step) == steps_shown(scores, step)


@pytest.mark.parametrize(
    "arguments",
    [
        (0.285, 0.5, 0.01),
        (0.1 + 0.2, 0.5, 0.01),  # 0.30000000000000004 never came from a Ladder
        (None, float("inf"), 0.01),
        (None, float("nan"), 0.01),
        (None, 0.5, 0.0),
        (None, 0.5, float("nan")),
    ],
)
def test_numbers_out_of_range_are_refused(arguments):
    with pytest.raises(ValueError, match=r"must be|multiple"):
        step_ladder(*arguments)


def test_the_default_step_follows_the_root_of_the_rows():
    # 24.7 million declarations, 3.72 million public: 0.01 * sqrt(8134 / 3720593) = 0.000468
    assert default_step(3_720_593) == 0.00047
    assert [default_step(n) for n in (1, 8_000, 8_300)] == [0.9, 0.01, 0.0099]
    with pytest.raises(ValueError, match="at least 1"):
        default_step(0)


@given(submissions_of_a_period())
def test_caught_frauds_make_the_metric_exactly(period):
    y_true, files = period
    for scores in files:
        gains = gains_of(y_true, scores, RATE)
        parts, k = parts_caught(y_true, scores)
        assert float(gains.exact) == precision_at(y_true, scores, RATE)
        assert gains.weight == k
        assert np.flatnonzero(parts).tolist() == sorted(
            row for part in gains.parts for row in part.rows.tolist()
        )


@given(submissions_of_a_period())
def test_paired_variance_is_that_of_the_differences(period):
    y_true, (first, second, *_) = period
    (a, k), (b, _) = parts_caught(y_true, first), parts_caught(y_true, second)
    new, best = gains_of(y_true, first, RATE), gains_of(y_true, second, RATE)
    variance = paired_variance(new, best)
    assert float(variance) == pytest.approx(len(y_true) * np.var(a - b, ddof=1) / k**2, abs=1e-12)
    assert variance == paired_variance(best, new)
    assert paired_variance(new, new) == 0


@given(submissions_of_a_period())
def test_the_parameter_free_ladder_moves_by_more_than_one_standard_error_only(period):
    y_true, files = period
    shown = best = None
    for scores in files:
        new = gains_of(y_true, scores, RATE)
        grid = 1 / new.weight
        after, improved = parameter_free(shown, best, new)
        assert (after * new.weight) == pytest.approx(round(after * new.weight))
        assert abs(after - float(new.exact)) <= 0.5 / new.weight + 1e-12 or not improved
        if shown is not None:
            gap = float(new.exact) - shown - float(paired_variance(new, best)) ** 0.5
            assume(abs(gap) > 1e-9)  # too close for floats; the exact comparison decides
            one_more = new.exact >= round(shown * new.weight + 1) * grid
            assert improved == (gap > 0 and one_more) == (after > shown)
            assert after >= shown
        shown, best = after, new if improved else best


@given(submissions_of_a_period(), st.sampled_from([0.01, 0.1, 0.3]), st.sampled_from([0, 1, 2.5]))
def test_the_paired_ladder_asks_for_both_a_step_and_its_errors(period, step, errors):
    y_true, files = period
    shown = best = None
    for scores in files:
        new = gains_of(y_true, scores, RATE)
        after, improved = paired_ladder(shown, best, new, step=step, standard_errors=errors)
        assert (written(after) / written(step)).denominator == 1
        if shown is not None:
            by_step = step_ladder(shown, float(new.exact), step)
            gap = float(new.exact) - shown - errors * float(paired_variance(new, best)) ** 0.5
            assume(errors == 0 or abs(gap) > 1e-9)
            clear = errors == 0 or gap > 0
            assert after == (by_step if clear else shown)
            assert improved == (after > shown)
        shown, best = after, new if improved else best


def test_one_more_fraud_is_exactly_one_standard_error():
    # Both catch rows 0 to 2 (or two of them), so d = (.., 1, ..): s^2 = (1 - 1/8) / 7 = 1/8,
    # 8 * (1/8) / 4^2 = 1/16: the error is 1/4, and so is the gain. A second fraud: s^2 =
    # (2 - 4/8) / 7 = 3/14, 8 * (3/14) / 16 = 3/28: the error is 0.327, the gain 1/2.
    y_true = np.array([1, 1, 1, 1, 0, 0, 0, 0])
    two, three, four = (
        gains_of(y_true, np.isin(np.arange(8), rows), 0.5)
        for rows in ([0, 1, 4, 5], [0, 1, 2, 4], [0, 1, 2, 3])
    )
    assert parameter_free(0.5, two, three) == (0.5, False)
    assert paired_variance(four, two) == Fraction(3, 28)
    assert parameter_free(0.5, two, four) == (1.0, True)


def test_ties_count_as_expected():
    # k = 2 of 4 that all tie: each fraud counts 1/2, precision 2 * (1/2) / 2 = 1/2.
    tied = gains_of([1, 1, 0, 0], np.zeros(4), 0.5)
    sure = gains_of([1, 1, 0, 0], [4, 3, 2, 1], 0.5)
    assert (tied.exact, sure.exact) == (Fraction(1, 2), 1)
    # d = (1/2, 1/2, 0, 0): s^2 = (1/2 - 1/4) / 3 = 1/12, 4 * (1/12) / 4 = 1/12.
    assert paired_variance(sure, tied) == Fraction(1, 12)
    assert parameter_free(0.5, tied, sure) == (1.0, True)


def test_periods_that_do_not_fit_are_refused():
    four, five = (gains_of([1] * n, np.arange(n), 0.5) for n in (4, 5))
    with pytest.raises(ValueError, match="same period"):
        parameter_free(1.0, four, five)
    for shown, best in ((None, four), (1.0, None)):
        with pytest.raises(ValueError, match="together"):
            parameter_free(shown, best, four)
    with pytest.raises(ValueError, match="multiple"):
        parameter_free(0.3, four, four)
    lone = gains_of([1], [0.5], 0.05)
    with pytest.raises(ValueError, match="two units"):
        paired_variance(lone, lone)
    with pytest.raises(KitError, match="finite"):
        gains_of([1, 0], [float("nan"), 0], 0.5)


@pytest.mark.parametrize("kind", ["step", "parameter_free", "paired"])
def test_a_team_climbs(kind):
    """Frauds among the k = 5 opened: 2, 3, 1, 5. The board shows 0.4 and 1, never the fall."""
    y_true = np.repeat([1, 0], [5, 15])
    files = [np.isin(np.arange(20), [*range(n), *range(19, 14 + n, -1)]) for n in (2, 3, 1, 5)]
    ladder, chance = Ladder(kind, 0.05, 1.5, ground_errors=0), chance_of(y_true, RATE)
    state, gains, states = LadderState(), {}, []
    for number, scores in enumerate(files, start=10):
        gains[number] = gains_of(y_true, scores, RATE)
        best = gains[state.best_submission] if ladder.needs_best(state, chance) else None
        state = ladder.update(state, number, gains[number], chance=chance, best=best)
        states.append((state.best_shown, state.best_submission))
    second = (0.6, 11) if kind == "step" else (0.4, 10)  # one fraud more is one standard error
    # Three frauds more: s^2 = (3 - 9/20) / 19, 20 * s^2 / 25 = 0.107: 1.5 errors are 0.49.
    assert states == [(0.4, 10), second, second, (1.0, 13)]


@pytest.mark.parametrize("kind", ["step", "parameter_free", "paired"])
def test_chance_is_shown_until_a_file_is_clearly_better(kind):
    """200 rows, 40 frauds, k = 50: chance catches 10 (0.2), the base rate.

    The error of luck is sqrt(.2 * .8 / 50 * 150 / 199) = .0491; four of them are .1965: a file
    leaves the ground with .3965 and more, that is 20 of 50.
    """
    y_true = np.repeat([1, 0], [40, 160])
    chance = chance_of(y_true, RATE)
    assert float(chance.exact) == 0.2

    def catching(n):
        order = np.r_[np.arange(n), np.arange(40, 90 - n)]
        return gains_of(y_true, np.isin(np.arange(200), order), RATE)

    ladder = Ladder(kind, 0.02, ground_errors=4)
    first = 20
    state = ladder.update(LadderState(), 1, catching(first - 1), chance=chance)
    assert state == LadderState(0.2, 1)
    assert not ladder.needs_best(state, chance)
    for number, n in enumerate((0, 11, first - 1), start=2):
        assert ladder.update(state, number, catching(n), chance=chance) == state
    assert ladder.update(LadderState(), 1, catching(first), chance=chance) == LadderState(
        first / 50, 1
    )
    left = ladder.update(state, 5, catching(first), chance=chance)
    assert left == LadderState(first / 50, 5)
    assert ladder.needs_best(left, chance) == (kind != "step")
    if kind == "step":  # after the ground, a step is enough
        assert ladder.update(left, 6, catching(first + 1), chance=chance).best_submission == 6


def test_a_ladder_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="kind"):
        Ladder("rope", 0.01)
    with pytest.raises(ValueError, match="step"):
        Ladder("step", 0.0)
    with pytest.raises(ValueError, match="standard_errors"):
        Ladder("paired", 0.01, -1.0)
    with pytest.raises(ValueError, match="standard_errors"):
        Ladder("step", 0.01, ground_errors=-1.0)
