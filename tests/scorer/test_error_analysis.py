from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs_data.errors import KitError
from customs_data.proportions import wilson_interval
from customs_data.schema import DECLARED_COLUMNS
from customs_scorer.calibration import calibration_error, calibration_table
from customs_scorer.metrics.inspection import gains_of, n_inspected, precision_at, recall_at
from customs_scorer.mistakes.analysis import (
    GROUPS,
    analyse_errors,
    errors_by_group,
    frauds_missed_by_all,
    group_of,
    inspection_weights,
    schemes_of,
)

RATES = st.sampled_from([0.01, 0.05, 0.07, 0.1, 0.25, 0.5, 1.0])


@st.composite
def cases(draw):
    n = draw(st.integers(1, 80))
    y = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    level = st.integers(-3, 3) | st.floats(-1e6, 1e6)
    score = draw(st.lists(level, min_size=n, max_size=n))
    return np.array(y), np.array(score, dtype=np.float64)


@pytest.fixture(scope="module")
def period(sample):
    frame = sample["public"]
    return frame[list(DECLARED_COLUMNS)], frame["Fraud"].to_numpy()


@given(cases(), RATES)
def test_weights_sum_to_k_and_weigh_precision(case, rate):
    y, score = case
    weight = inspection_weights(score, rate)
    assert weight.shape == score.shape
    assert ((weight >= 0) & (weight <= 1)).all()
    k = n_inspected(len(y), rate)
    assert weight.sum() == pytest.approx(k, rel=1e-12)
    assert (weight * y).sum() / k == pytest.approx(precision_at(y, score, rate), abs=1e-12)


@given(cases(), RATES, st.integers(1, 4))
def test_groups_add_up_to_the_whole(case, rate, n_groups):
    y, score = case
    table = errors_by_group((np.arange(len(y)) % n_groups).astype(str), y, score, rate)
    assert table["n_declarations"].sum() == len(y)
    assert table["n_fraud"].sum() == y.sum()
    k = n_inspected(len(y), rate)
    assert table["n_inspected"].sum() == pytest.approx(k, rel=1e-12)
    n_frauds = table["n_found"].sum()
    assert n_frauds / k == pytest.approx(precision_at(y, score, rate), abs=1e-12)
    if y.sum():
        assert n_frauds / y.sum() == pytest.approx(recall_at(y, score, rate), abs=1e-12)


def test_golden_groups():
    # Ten rows, 40 % opens 4: the two at .9 (one fraud, chapter 01 both), and 2 of the 3 at .5, each
    # with a chance of 2/3: one in 01 (fraud), two in 02 (one fraud).
    group = np.array(["01", "01", "01", "02", "02", "02", "02", "02", "02", "03"])
    y = np.array([1, 0, 1, 1, 0, 0, 0, 1, 0, 0])
    score = np.array([0.9, 0.9, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.2])
    table = errors_by_group(group, y, score, 0.4).set_index("group")
    assert table.index.tolist() == ["02", "01", "03"]  # larger groups first
    one, two, three = (table.loc[name] for name in ("01", "02", "03"))
    # 01: 2 + 2/3 opened of 3; 1 + 2/3 frauds found of 2
    assert one["n_inspected"] == pytest.approx(8 / 3)
    assert one["share_inspected"] == pytest.approx(8 / 9)
    assert one["fraud_rate"] == pytest.approx(2 / 3)
    assert one["precision"] == pytest.approx((5 / 3) / (8 / 3))
    assert one["recall"] == pytest.approx(5 / 6)
    # 02: 4/3 opened of 6, 2/3 frauds found of 2
    assert two["n_inspected"] == pytest.approx(4 / 3)
    assert two["precision"] == pytest.approx(1 / 2)
    assert two["recall"] == pytest.approx(1 / 3)
    # 03: nothing opened, no fraud
    assert three[["n_inspected", "n_found", "fraud_rate", "share_inspected"]].tolist() == [0] * 4
    assert three[["precision", "precision_low", "recall", "recall_high"]].isna().all()


def test_wilson_is_that_of_the_textbook():
    # p = 0.1, n = 10, z^2 = 3.8415: centre 0.1 + 0.19207, half 1.96 sqrt(0.009 + 0.0096037)
    # = 0.26733, scale 1.38415: 0.01788 and 0.40415.
    low, high = wilson_interval([1, 9, 0, 10, 0], [10, 10, 0, 10, 10])
    assert low[0] == pytest.approx(0.01788, abs=2e-5)
    assert high[0] == pytest.approx(0.40415, abs=2e-5)
    assert (low[1], high[1]) == pytest.approx((1 - high[0], 1 - low[0]))
    assert np.isnan([low[2], high[2]]).all()
    assert (low[4], high[3]) == pytest.approx((0, 1), abs=1e-12)


def test_wilson_covers_the_truth_in_small_groups():
    # for one share it may be 91 %, as counts are whole; over all shares it is 95 %
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.02, 0.98, 20_000)
    low, high = wilson_interval(rng.binomial(15, truth), 15)
    assert 0.94 < ((low <= truth) & (truth <= high)).mean() < 0.96


def test_golden_calibration():
    # Four bins of two; the ties at 0.2 stay in the second bin, which then holds three.
    score = np.array([0.0, 0.1, 0.2, 0.2, 0.2, 0.5, 0.6, 0.9])
    y = np.array([0, 0, 1, 0, 0, 1, 0, 1])
    table = calibration_table(y, score, n_bins=4)
    assert table["n_declarations"].tolist() == [2, 3, 1, 2]
    assert table["n_fraud"].tolist() == [0, 1, 1, 1]
    assert table["mean_score"].tolist() == pytest.approx([0.05, 0.2, 0.5, 0.75])
    assert table["lowest_score"].tolist() == [0.0, 0.2, 0.5, 0.6]
    assert table["fraud_rate"].tolist() == pytest.approx([0, 1 / 3, 1, 0.5])
    assert (table["fraud_rate_low"] <= table["fraud_rate"]).all()
    assert (table["fraud_rate"] <= table["fraud_rate_high"]).all()


def test_golden_calibration_error():
    # Five groups, of 3, 1, 1, 1 and 1 rows (ties stay together): distances 2/15, .1, .5, .4, .1.
    score = np.array([0.2, 0.9, 0.2, 0.1, 0.5, 0.6, 0.2])
    y = np.array([1, 1, 0, 0, 1, 1, 0])
    assert calibration_error(y, score) == pytest.approx((3 * 2 / 15 + 0.1 + 0.5 + 0.4 + 0.1) / 7)
    rng = np.random.default_rng(2)
    score = rng.random(15_000)
    y = (rng.random(15_000) < score).astype(int)
    # Groups of 1,000: true probabilities are off by .8 * sqrt(p q / 1,000), .010 on average.
    assert 0.004 < calibration_error(y, score) < 0.016
    assert calibration_error(1 - y, score) == pytest.approx(0.5, abs=0.02)
    assert calibration_error(y, np.full(15_000, 0.2)) == pytest.approx(y.mean() - 0.2)


def test_calibrated_probabilities_lie_within_their_intervals():
    rng = np.random.default_rng(1)
    score = rng.random(20_000) ** 2
    table = calibration_table((rng.random(20_000) < score).astype(int), score)
    assert table["n_declarations"].tolist() == [2000] * 10
    inside = table["mean_score"].between(table["fraud_rate_low"], table["fraud_rate_high"])
    assert inside.sum() >= 8


def test_a_constant_is_one_bin():
    assert len(calibration_table([0, 1, 0], [0.5, 0.5, 0.5])) == 1


@pytest.mark.parametrize("score", [[0.1, 1.5], [-0.1, 0.5]])
def test_other_scores_are_not_calibrated(score):
    with pytest.raises(KitError, match=r"probabilities in \[0, 1\]"):
        calibration_table([0, 1], score)


def test_missed_by_all(period):
    declarations, y = period
    frauds = np.flatnonzero(y)
    n = len(y)
    # One submission finds the first frauds, the other the last; both must miss those between.
    first, last = np.zeros(n), np.zeros(n)
    k = n_inspected(n, 0.05)
    first[frauds[:k]], last[frauds[-k:]] = 1, 1
    scheme = np.where(np.arange(n) % 2, "undervaluation", "honest")
    missed = frauds_missed_by_all(
        declarations, y, {"first": first, "last": last}, 0.05, scheme=scheme
    )
    between = frauds[k:-k]
    assert len(between) > 0
    assert missed.n_fraud == len(frauds)
    key = "Declaration ID"
    assert missed.frauds[key].tolist() == declarations[key].iloc[between].tolist()
    assert missed.frauds["scheme"].tolist() == scheme[between].tolist()
    assert (missed.frauds[["opened by first", "opened by last"]] == 0).all(axis=None)
    for table in missed.summary.values():
        assert table["n_missed"].sum() == len(between)
        assert table["n_fraud"].sum() == len(frauds)
        assert table["n_missed"].is_monotonic_decreasing
    assert set(missed.summary) == {"chapter", "scheme"}


def test_the_whole_analysis(period):
    declarations, y = period
    rng = np.random.default_rng(0)
    scores = {
        "good": np.clip(y * 0.5 + rng.random(len(y)) / 2, 0, 1),
        "raw": rng.normal(size=len(y)),
    }
    scheme = np.where(y == 1, "undervaluation", "honest")
    analysis = analyse_errors(declarations, y, scores, 0.1, scheme=scheme)
    assert set(analysis.by_group) == {*GROUPS, "scheme"}
    for table in analysis.by_group.values():
        for name, rows in table.groupby("submission"):
            gains = gains_of(y, scores[name], 0.1)
            k = float(gains.weight)
            assert rows["n_inspected"].sum() == pytest.approx(k)
            assert rows["n_found"].sum() / k == pytest.approx(gains.value)
    assert list(analysis.calibration) == ["good"]
    assert not analysis.missed.frauds.empty
    assert "scheme" not in analyse_errors(declarations, y, scores, 0.1).by_group


def test_groups_are_those_of_the_declarations(period):
    declarations, _ = period
    row = declarations.iloc[7]
    assert group_of(declarations, "chapter")[7] == row["HS6 Code"][:2]
    assert group_of(declarations, "origin")[7] == row["Country of Origin"]
    assert group_of(declarations, "office")[7] == row["Office ID"]
    assert group_of(declarations, "month")[7] == f"{row['Date']:%Y-%m}"
    with pytest.raises(KitError, match="Cannot group errors by"):
        group_of(declarations, "colour")


def test_schemes_are_matched_by_id():
    oracle = pd.DataFrame({"Declaration ID": ["a", "b", "c", "d"], "Scheme": ["x", None, "", "y"]})
    ids = pd.Series(["d", "c", "b", "a"])
    assert schemes_of(ids, oracle).tolist() == ["y", "honest", "honest", "x"]
    with pytest.raises(KeyError):
        schemes_of(pd.Series(["e"]), oracle)


def test_no_submission_is_an_error(period):
    declarations, y = period
    with pytest.raises(KitError, match="at least one submission"):
        analyse_errors(declarations, y, {}, 0.05)
