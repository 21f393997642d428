from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, permutations
from math import ceil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs_data.errors import KitError
from customs_scorer.kaggle_metrics import fraud as kaggle_metric
from customs_scorer.metrics.inspection import lift_at, n_inspected, precision_at, recall_at

RATES = st.sampled_from([0.01, 0.05, 0.07, 0.1, 0.25, 0.5, 1.0])


@st.composite
def cases(draw, few_levels=True):
    n = draw(st.integers(1, 60))
    y = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    level = st.integers(-3, 3) if few_levels else st.floats(-1e6, 1e6)
    score = draw(st.lists(level, min_size=n, max_size=n))
    return np.array(y), np.array(score, dtype=np.float64)


def test_golden_case():
    # 20 declarations, 10 % opens 2: scores .9 (fraud) and, of the three at .8, one at random;
    # one of the three is fraud: (1 + 1 * 1/3) / 2 = 2/3. Of 4 frauds: (4/3) / 4 = 1/3.
    y = np.array([1, 1, 0, 0, 1, 1] + [0] * 14)
    score = np.array([0.9, 0.8, 0.8, 0.8, 0.1, 0.2] + [0.0] * 14)
    assert precision_at(y, score, 0.10) == pytest.approx(2 / 3)
    assert recall_at(y, score, 0.10) == pytest.approx(1 / 3)
    assert lift_at(y, score, 0.10) == pytest.approx((2 / 3) / (4 / 20))


@pytest.mark.parametrize(
    ("n", "rate", "k"),
    [(8481, 0.05, 425), (8481, 0.1, 849), (8134, 0.05, 407), (100, 0.07, 7), (1, 0.05, 1),
     (1000, 0.001, 1), (300, 0.29, 87), (24_700_000, 0.05, 1_235_000)],
)  # fmt: skip
def test_k_is_exact(n, rate, k):
    assert n_inspected(n, rate) == k


@given(st.integers(1, 10**7), st.integers(1, 1000))
def test_k_never_suffers_from_floating_point(n, thousandths):
    assert n_inspected(n, thousandths / 1000) == ceil(Fraction(thousandths, 1000) * n)


@given(cases(), RATES, st.randoms())
def test_row_order_changes_nothing(case, rate, random):
    y, score = case
    order = list(range(len(y)))
    random.shuffle(order)
    assert precision_at(y[order], score[order], rate) == precision_at(y, score, rate)


@given(cases(), RATES)
def test_sorting_by_label_changes_nothing(case, rate):
    y, score = case
    order = np.argsort(-y, kind="stable")
    assert precision_at(y[order], score[order], rate) == precision_at(y, score, rate)


@given(cases(), RATES)
def test_an_increasing_map_changes_nothing(case, rate):
    y, score = case
    for mapped in (np.exp(score), 3 * score - 7, score**3, np.argsort(np.argsort(np.unique(score)))[
        np.unique(score, return_inverse=True)[1]]):  # fmt: skip
        assert precision_at(y, mapped, rate) == precision_at(y, score, rate)


@given(cases(), RATES)
def test_a_constant_scores_exactly_the_base_rate(case, rate):
    y, _ = case
    assert precision_at(y, np.full(len(y), 0.3), rate) == y.sum() / len(y)


@given(cases(few_levels=False), RATES)
def test_the_perfect_ranking_is_best_and_the_worst_worst(case, rate):
    y, score = case
    assert precision_at(y, -y, rate) <= precision_at(y, score, rate) <= precision_at(y, y, rate)


@given(cases(), st.lists(RATES, min_size=2, max_size=4))
def test_recall_never_falls_as_the_rate_grows(case, rates):
    y, score = case
    if y.sum() == 0:
        assert np.isnan(recall_at(y, score, rates[0]))
        return
    recalls = [recall_at(y, score, rate) for rate in sorted(rates)]
    assert all(a <= b + 1e-12 for a, b in pairwise(recalls))


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2)), min_size=1, max_size=6),
    st.sampled_from([0.2, 0.4, 0.5, 1.0]),
)
def test_ties_count_as_the_mean_over_all_orders(rows, rate):
    k = n_inspected(len(rows), rate)
    precisions = [
        sum(y for y, _ in sorted(order, key=lambda row: -row[1])[:k]) / k
        for order in permutations(rows)  # Python's sort is stable: each order breaks ties its way
    ]
    y, score = np.array(rows).T
    assert precision_at(y, score, rate) == pytest.approx(np.mean(precisions))


@given(cases(), RATES, st.randoms())
def test_the_kaggle_file_agrees(case, rate, random):
    y, score = case
    ids = [f"{i:08d}" for i in range(len(y))]
    solution = pd.DataFrame({"Declaration ID": ids, "Fraud": y})
    submission = pd.DataFrame({"Declaration ID": ids, "Fraud Score": score})
    order = list(range(len(y)))
    random.shuffle(order)
    score_there = kaggle_metric.score(solution, submission.iloc[order], "Declaration ID", rate)
    assert score_there == precision_at(y, score, rate)


@pytest.mark.parametrize(
    ("y", "score", "rate"),
    [
        ([], [], 0.5),
        ([1, 0], [0.1], 0.5),
        ([[1], [0]], [[0.1], [0.2]], 0.5),
        ([1, 2], [0.1, 0.2], 0.5),
        ([1, -1], [0.1, 0.2], 0.5),
        ([1, 0], [0.1, np.nan], 0.5),
        ([1, 0], [0.1, np.inf], 0.5),
        ([1, 0], ["a", "b"], 0.5),
        ([1, 0], [0.1, 0.2], 0.0),
        ([1, 0], [0.1, 0.2], 5),
        ([1, 0], [0.1, 0.2], np.nan),
    ],
)
def test_bad_input_is_a_kit_error(y, score, rate):
    with pytest.raises(KitError):
        precision_at(y, score, rate)
