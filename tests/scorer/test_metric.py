"""The contract of a metric: value, bootstrap, paired test and chance all come from its gains."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs_data.errors import KitError
from customs_scorer import metrics as metrics_package
from customs_scorer.bootstrap import joint_bootstrap
from customs_scorer.metrics import InspectionMetric, Metric, metrics_of
from customs_scorer.metrics.gains import Gains, Part, luck_variance, paired_variance
from customs_scorer.metrics.inspection import lift_at, precision_at, recall_at


# All that a new metric takes: what a declaration adds if it is opened, and what that is a share of.
def duty(answers):
    return answers["Duty Evaded"].to_numpy(np.int64)


REVENUE_RECALL = InspectionMetric(
    "revenue_recall_at_50", "revenue recall@50 %", rate=0.5, amounts=duty, per="all"
)


@dataclass(frozen=True)
class TopOne(Metric):
    """Share of units whose answer is the true one: each unit weighs the same."""

    def gains(self, answers, answer):
        right = np.flatnonzero(answers["Code"].to_numpy() == answer)
        return Gains(len(answers), Fraction(len(answers)), (Part(right, None, Fraction(1)),))


@dataclass(frozen=True)
class MedianError(Metric):
    """No mean of gains."""

    def value(self, answers, answer):
        return float(np.median(np.abs(answers["Fraud"].to_numpy() - answer)))


def answers_of(*amounts):
    return pd.DataFrame({"Duty Evaded": amounts, "Fraud": np.sign(amounts)})


def test_revenue_is_counted_by_amount():
    # Two of four are opened: 10 for sure, and of 30 and 0 (tied) one: (10 + 30 / 2) / 44 = 25 / 44.
    answers = answers_of(10, 30, 0, 4)
    gains = REVENUE_RECALL.gains(answers, np.array([0.9, 0.5, 0.5, 0.1]))
    assert gains.exact == Fraction(25, 44)
    assert gains.by_unit().tolist() == [10, 15, 0, 0]
    # A constant file opens half of everything: 22 / 44.
    assert REVENUE_RECALL.chance(answers).exact == Fraction(1, 2)


def test_luck_of_a_random_file_by_all_pairs():
    # Two of the four are opened at random: each of the six pairs is as likely.
    amounts = [10, 30, 0, 4]
    pairs = [(amounts[i] + amounts[j]) / 44 for i in range(4) for j in range(i)]
    chance = REVENUE_RECALL.chance(answers_of(*amounts))
    assert float(luck_variance(chance)) == pytest.approx(np.var(pairs))


def test_paired_variance_with_amounts():
    # Gains (10, 30, 0, 0) and (10, 0, 0, 4): d = (0, 30, 0, -4), sum 26, squares 916;
    # s^2 = (916 - 26^2 / 4) / 3 = 249, 4 * 249 / 44^2.
    answers = answers_of(10, 30, 0, 4)
    new, best = (
        REVENUE_RECALL.gains(answers, np.array(score)) for score in ([4, 3, 2, 1], [4, 1, 2, 3])
    )
    assert paired_variance(new, best) == Fraction(4 * 249, 44**2)


def test_sums_of_won_do_not_overflow():
    answers = answers_of(*([4_000_000_000] * 4), 0, 0)
    metric = InspectionMetric("revenue", "revenue", rate=0.5, amounts=duty, per="all")
    new, best = (
        metric.gains(answers, np.array(s)) for s in ([6, 5, 4, 3, 2, 1], [1, 2, 6, 5, 4, 3])
    )
    # Gains of rows 0 to 2 against rows 2 to 4 (of which row 4 adds nothing), in units of 4e9:
    # d = (1, 1, 0, -1, 0, 0), s^2 = (3 - 1/6) / 5, 6 * s^2 / 4^2.
    assert paired_variance(new, best) == Fraction(6) * (3 - Fraction(1, 6)) / 5 / 16


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), min_size=2, max_size=30))
def test_resampled_inspections_are_the_metric_on_the_declarations_drawn(rows):
    amounts, score = (np.array(column) for column in zip(*rows, strict=True))
    answers, score = answers_of(*amounts), score.astype(float)
    chosen = [
        InspectionMetric(per, per, rate=rate, amounts=duty, per=per)
        for per in ("opened", "all", "chance")
        for rate in (0.2, 0.5)
    ]
    joint = joint_bootstrap(chosen, answers, [score], n_replicates=8, seed=4)[0]
    rng = np.random.default_rng(4)
    for replicate in range(8):
        drawn = rng.integers(0, len(rows), len(rows))
        sample = answers.iloc[drawn]
        plain = [metric.value(sample, score[drawn]) for metric in chosen]
        assert joint[:, replicate] == pytest.approx(plain, nan_ok=True)


def test_a_mean_of_gains_is_bootstrapped_from_its_gains():
    answers = pd.DataFrame({"Code": list("aabbc")})
    metric, answer = TopOne("top_1", "top-1 accuracy"), np.array(list("abbbb"))
    assert metric.value(answers, answer) == 3 / 5
    (values,) = joint_bootstrap([metric], answers, [answer], n_replicates=20, seed=1)[0]
    rng = np.random.default_rng(1)
    right = np.array([1, 0, 1, 1, 0])
    for value in values:
        assert value == pytest.approx(right[rng.integers(0, 5, 5)].mean())


def test_a_metric_without_gains_says_so_and_is_bootstrapped_by_units():
    metric = MedianError("median_error", "median error", higher_is_better=False)
    assert not metric.has_gains
    assert REVENUE_RECALL.has_gains
    answers, answer = answers_of(1, 0, 1, 0, 1), np.array([0.9, 0.2, 0.4, 0.1, 0.8])
    with pytest.raises(TypeError, match="median error is no mean of gains"):
        metric.gains(answers, answer)
    (values,) = joint_bootstrap([metric], answers, [answer], n_replicates=10, seed=3)[0]
    rng = np.random.default_rng(3)
    for value in values:
        drawn = np.bincount(rng.integers(0, 5, 5), minlength=5)
        rows = np.repeat(np.arange(5), drawn)
        assert value == metric.value(answers.iloc[rows], answer[rows])


def test_metrics_of_fraud_are_the_public_functions():
    rng = np.random.default_rng(0)
    answers = pd.DataFrame(
        {"Fraud": rng.integers(0, 2, 99), "Critical Fraud": rng.integers(0, 3, 99)}
    )
    score = rng.integers(0, 9, 99).astype(float)
    y = answers["Fraud"]
    metrics = metrics_of("fraud")
    for word, function in (("precision", precision_at), ("recall", recall_at), ("lift", lift_at)):
        for n in (5, 10):
            metric = metrics.named(f"{word}_at_{n}")
            assert metric.title == f"{word}@{n} %"
            assert metric.value(answers, score) == function(y, score, n / 100)
    critical = metrics.named("critical_precision_at_5").value(answers, score)
    assert critical == precision_at(answers["Critical Fraud"] == 2, score, 0.05)


def test_what_ranks_is_collected_from_the_tasks():
    assert metrics_package.RANKED["fraud"] == ("precision_at_5", "precision_at_10")


def test_a_lower_value_ranks_first_where_lower_is_better():
    metrics = type(metrics_of("fraud"))(
        ranked=(MedianError("error", "error", higher_is_better=False), REVENUE_RECALL)
    )
    values = [{"error": e, "revenue_recall_at_50": r} for e, r in ((2, 9), (1, 3), (1, 5))]
    assert sorted(range(3), key=lambda i: metrics.rank_key(values[i])) == [2, 1, 0]


def test_an_unknown_task_is_named_with_those_there_are():
    with pytest.raises(KitError, match=r"Unknown task 'fruad': choose fraud"):
        metrics_of("fruad")
