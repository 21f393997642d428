from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from customs_baselines.attribution.shapley import shap_values
from customs_baselines.catalogue import find_baseline
from customs_baselines.models.random import RandomScore
from customs_baselines.shapes.calibration import Calibration, learn_calibration
from customs_scorer.calibration import calibration_error


def ranks(score):
    return np.unique(score, return_inverse=True)[1]


def drawn(n, intercept=-0.5, slope=0.4, seed=0):
    """Scores and labels whose log-odds are a line over those of the scores."""
    rng = np.random.default_rng(seed)
    score = expit(rng.normal(-1.0, 2.0, n))
    fraud = rng.random(n) < expit(intercept + slope * logit(score))
    return score, fraud.astype(np.int8)


def test_scores_too_sure_of_themselves_become_probabilities():
    score, y = drawn(20_000)
    learned = Calibration.fit(score, y)
    assert learned.intercept == pytest.approx(-0.5, abs=0.06)
    assert learned.slope == pytest.approx(0.4, abs=0.03)
    later, truth = drawn(20_000, seed=1)
    assert calibration_error(truth, later) > 0.1
    assert calibration_error(truth, learned.apply(later)) < 0.015


def test_few_rows_change_little():
    # Four honest rows: their scores should fall, but not to nothing.
    learned = Calibration.fit(np.array([0.1, 0.2, 0.3, 0.4]), np.zeros(4, dtype=np.int8))
    assert -0.5 < learned.intercept < 0
    assert 0.7 < learned.slope < 1.5
    many = Calibration.fit(np.tile([0.1, 0.2, 0.3, 0.4], 1000), np.zeros(4000, dtype=np.int8))
    assert many.apply(np.array([0.4]))[0] < 0.01


@pytest.mark.parametrize("slope", [0.01, 0.4, 1.0, 5.0])
def test_order_and_ties_stay(slope):
    near = [0.3]
    for _ in range(5):
        near.append(np.nextafter(near[-1], 1.0))
    some = np.random.default_rng(0).random(1000)
    score = np.concatenate([[0.0, 1e-300, 1e-18, 1.0, 1 - 1e-16, 0.5, 0.5], near, some, some[:50]])
    probability = Calibration(-0.3, slope).apply(score)
    assert (ranks(probability) == ranks(score)).all()
    assert ((probability > 0) & (probability < 1)).all()


def test_rows_are_scored_by_models_of_other_times():
    X = pd.DataFrame({"Date": pd.date_range("2024-01-01", periods=90), "Declaration ID": "x"})
    score, y = drawn(90)
    y[::10] = -1
    calls = []

    def score_others(others, own):
        calls.append((others, own))
        return score[own]

    learned = learn_calibration(score_others, X, y, 1000)
    rows = np.concatenate([own for _, own in calls])
    assert sorted(rows) == np.flatnonzero(y >= 0).tolist()  # each labelled row once
    for others, own in calls:
        assert sorted([*others, *own]) == np.flatnonzero(y >= 0).tolist()
        assert np.diff(own).max() <= 2  # a stretch without gaps
    assert learned == Calibration.fit(score[rows], y[rows])
    assert learn_calibration(score_others, X, np.zeros(90, dtype=np.int8), 1000) is None
    calls.clear()
    learn_calibration(score_others, X, y, 10)
    assert [(len(others), len(own)) for others, own in calls] == [(10, 10)] * 3


@pytest.mark.parametrize(("name", "recipe"), [("decision_tree", "kit"), ("xgboost", "paper")])
def test_calibrated_models_rank_as_before_and_are_explained(name, recipe, sample_edition):
    model = find_baseline(name).load_class()(recipe=recipe)
    split = sample_edition.split
    model.fit(split.train, split.y)
    score = model.predict_proba(split.test)[:, 1]
    shap = shap_values(model, split.train, split.test.head(2))
    total = shap.base + shap.values.sum(axis=1)
    expected = logit(score[:2]) if shap.unit == "log-odds" else score[:2]
    assert total == pytest.approx(expected, abs=1e-3)
    assert model.calibration_.slope < 0.9  # it was too sure of itself
    model.calibration_ = None
    assert (ranks(model.predict_proba(split.test)[:, 1]) == ranks(score)).all()


def test_random_scores_are_near_the_fraud_rate(sample_edition):
    y = sample_edition.y
    score = RandomScore().fit(sample_edition.train, y).predict_proba(sample_edition.test)[:, 1]
    assert abs(score / y.mean() - 1).max() < 0.051
    assert len(np.unique(score)) == len(score)
