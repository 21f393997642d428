"""Ties at the cut: sizes by hand, and which of them are worth a warning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs_data.tasks import find_task
from customs_scorer.ties import Tie, ties_of

FRAUD = find_task("fraud")


def ties(public, private=()):
    """Ties of scores; Public declarations come first."""
    period = np.repeat(["public", "private"], [len(public), len(private)])
    return ties_of(np.asarray([*public, *private], dtype=float), period, FRAUD)


def test_sizes_of_ties_by_period_and_rate():
    # Public: 40 declarations, 2 opened at 5 % (scores 9 and one of three 8s), 4 at 10 % (9, 8, 8,
    # 8: all that tie are opened). Private: 20 declarations, 1 opened at 5 %, 2 at 10 %, no tie.
    scores = ties([9, 8, 8, 8, *range(-36, 0)], range(20))
    assert scores.cuts == (
        Tie("public", 0.05, n_opened=2, n_tied=3, n_drawn=1),
        Tie("public", 0.1, n_opened=4, n_tied=3, n_drawn=3),
        Tie("private", 0.05, n_opened=1, n_tied=1, n_drawn=1),
        Tie("private", 0.1, n_opened=2, n_tied=1, n_drawn=1),
    )
    # Distinct: 9, 8, -36 .. -1, and 0 .. 19 of which 8 and 9 are known.
    assert scores.n_distinct == 2 + 36 + 18


def test_a_file_of_classes_is_warned_of_with_the_size_of_its_tie():
    # 1,000 declarations, 300 of class 1: 50 and 100 of them are drawn by lot.
    classes = ties(np.repeat([1, 0], [300, 700]))
    assert classes.warning == (
        "only 2 distinct scores; the cuts at 5 % and 10 % fall into a tie of 300 declarations. "
        "Send probabilities."
    )
    assert classes.as_dict()["warning"] == classes.warning
    assert ties(np.ones(100)).warning.startswith("only 1 distinct score; ")
    # 60 of class 1: at 5 % the cut is among these, at 10 % among the 940 of class 0.
    assert (
        "5 % and 10 % fall into ties of up to 940 d" in ties(np.repeat([1, 0], [60, 940])).warning
    )


@pytest.mark.parametrize(("n_tied", "warned"), [(1, False), (13, False), (24, False), (30, True)])
def test_small_ties_are_harmless(n_tied, warned):
    # 1,000 declarations, 50 opened at 5 %: 40 with higher scores, 10 drawn from n_tied (20 %), or,
    # for the last case, 35 with higher scores and 15 (30 %).
    n_above = 35 if warned else 40
    scores = np.arange(1000.0)[::-1]
    scores[n_above : n_above + n_tied] = scores[n_above]
    assert bool(ties(scores).warning) is warned


def test_a_tie_that_is_opened_as_a_whole_is_none():
    # 100 declarations, 5 and 10 opened: five 3s, five 2s, and lower ones.
    assert ties([3] * 5 + [2] * 5 + [1] * 90).warning == ""


@given(st.lists(st.integers(0, 5), min_size=1, max_size=80), st.randoms())
def test_neither_order_nor_an_increasing_map_changes_ties(scores, random):
    mixed = [*scores]
    random.shuffle(mixed)
    assert ties(mixed).cuts == ties(scores).cuts == ties(np.exp(scores)).cuts


def test_answers_of_several_columns_have_no_cut():
    assert ties_of(np.zeros((4, 2)), np.repeat(["public"], 4), FRAUD) is None
