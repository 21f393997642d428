"""Models of the task scheme, and the traces that they read."""

from __future__ import annotations

import inspect
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from customs_baselines.answering import fit_and_score
from customs_baselines.catalogue import default_baselines, find_baseline, list_baselines
from customs_baselines.contract import accepted_keywords, make_model
from customs_baselines.models.scheme import xgboost
from customs_baselines.models.xgboost import XGBoost
from customs_baselines.violations import traced, two_steps
from customs_baselines.violations.classes import N_CLASSES
from customs_baselines.violations.traces import find_traces
from customs_data.edition.generating import read_blueprint, simulate_world
from customs_data.errors import KitError
from customs_data.keyed_random import secret_of_seed
from customs_data.schema import DECLARED_COLUMNS
from customs_data.split import Split
from customs_data.tasks import find_task
from customs_data.tasks.scheme import VIOLATIONS
from customs_scorer.metrics import metrics_of
from studies.tasks.scheme import with_codes

NAMES = [baseline.name for baseline in list_baselines("scheme")]
TASK = find_task("scheme")


@pytest.fixture(scope="module")
def frame():
    return with_codes(simulate_world(read_blueprint(n_declarations=9_000), secret_of_seed(4)))


@pytest.fixture(scope="module")
def split(frame):
    """A few declarations to learn from and to score."""
    return Split.of_frames(TASK, frame[:1_200], frame[-300:].reset_index(drop=True))


@pytest.fixture
def few_trees(monkeypatch):
    """The contract is the same for few trees."""
    for module, name in (
        (two_steps, "MIX_TREES"), (traced, "FRAUD_TREES"), (xgboost, "_SETTINGS"),
        (XGBoost, "kit"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, getattr(module, name) | {"n_estimators": 12})


def new(name):
    model_class = find_baseline(name, "scheme").load_class()
    return make_model(model_class, {"random_state": 0, "n_jobs": 1}, TASK)


@pytest.mark.training
@pytest.mark.parametrize("name", NAMES)
class TestContract:
    def test_probabilities_that_clones_and_pickles_repeat(self, name, split, few_trees):
        model, train, test = new(name), split.train.copy(), split.test.copy()
        first = fit_and_score(model, replace(split, train=train, test=test))
        assert train.equals(split.train)
        assert test.equals(split.test)
        assert first.shape == (300, len(VIOLATIONS))
        whole = model.predict_proba(split.test)
        assert whole.shape == (300, N_CLASSES)
        assert whole.min() >= 0
        assert np.allclose(whole.sum(axis=1), 1.0, atol=1e-5)
        assert np.array_equal(model.predict(test), whole.argmax(axis=1))
        assert np.array_equal(pickle.loads(pickle.dumps(model)).predict_proba(test), whole)
        again = clone(model)
        assert again.get_params() == model.get_params()
        assert np.array_equal(fit_and_score(again, split), first)

    def test_few_labels_of_one_violation_and_strange_values(self, name, split, few_trees):
        y = np.full(len(split.train), -1, dtype=np.int8)
        y[:40], y[40:45] = 0, 2
        strange = {
            "Importer ID": "NEW0001", "Seller ID": np.nan, "HS6 Code": "999999", "Tax Type": "NEW",
            "Net Mass": [0.0, 1e-15, 1e15], "Item Price": [0.0, 1e15, 1e-15], "Tax Rate": 1e15,
        }  # fmt: skip
        test = split.test.head(3).assign(**strange).astype(split.test.dtypes)
        model = new(name)
        keywords = accepted_keywords(model.fit, {"X_test": test})
        model.fit(split.train, y, **keywords)
        for rows in (test, split.test.head(5)):  # the latter were not there before
            proba = model.predict_proba(rows)
            assert np.isfinite(proba).all()
            assert (proba[:, [1, *range(3, N_CLASSES)]] < 1e-6).all() or name == "random"


@pytest.mark.parametrize("name", NAMES)
def test_one_class_is_a_clear_error_and_all_is_documented(name, split):
    labels = split.labels.assign(**{TASK.label: np.int8(0)})
    with pytest.raises(KitError, match="honest only"):
        fit_and_score(new(name), replace(split, labels=labels))
    entry = find_baseline(name, "scheme")
    assert entry.summary.endswith(".")
    assert inspect.getdoc(entry.load_class())


def test_default_baselines_are_baselines():
    assert set(default_baselines("scheme")) <= set(NAMES)


@pytest.mark.slow
def test_models_learn(frame):
    """On Private of a small world: random < prior < trees < traces."""
    rows = int(0.7 * len(frame))
    split = Split.of_frames(TASK, frame[:rows], frame[rows:].reset_index(drop=True))
    metric = metrics_of("scheme").ranked[0]
    names = ("random", "prior", "fraud_times_mix", "traces")
    value = [metric.value(split.answers, fit_and_score(new(name), split)) for name in names]
    assert value[0] + 0.01 < value[1] < value[2] - 0.05
    assert value[2] + 0.03 < value[3]


def test_each_violation_leaves_its_trace(frame):
    traces, code = find_traces(frame[list(DECLARED_COLUMNS)]), frame["Violation Code"]
    mean = traces.groupby(code.to_numpy()).mean()
    named = dict(zip(VIOLATIONS, range(1, N_CLASSES), strict=True))

    def of(trace, violation):
        return mean.loc[named[violation], trace] - mean.loc[0, trace]

    assert of("price against goods and importer", "undervaluation") < -0.3
    assert of("price against goods and importer", "overvaluation") > 0.3
    assert of("mass against line", "quantity misstatement") < -0.3
    assert of("share of the seller, dearer goods", "misclassification") > 0.05
    assert of("share of the seller, dearer rate", "wrong tariff rate") > 0.05
    assert of("share of the seller, other claim", "false origin") > 0.02
    assert of("share, same mark", "origin marking") < -0.1


def test_traces_by_hand():
    """Three shipments of one importer, and one of another."""
    row = {
        "Declaration ID": "A", "Date": pd.Timestamp("2020-01-01"), "Importer ID": "I1",
        "Seller ID": "S1", "HS6 Code": "010121", "Country of Departure": "CN",
        "Country of Origin": "CN", "Tax Type": "A", "Tax Rate": 8.0, "Net Mass": 10.0,
        "Item Price": 100.0, "Country of Origin Indicator": "G", "Mode of Transport": "10",
        "Courier ID": np.nan,
    }  # fmt: skip
    changes = [
        {},
        {"Net Mass": 10.0 * np.e},
        {"HS6 Code": "010129", "Tax Rate": 3.0},
        {"Importer ID": "I2", "Seller ID": np.nan, "Tax Type": "FCN"},
    ]
    X = pd.DataFrame([row | {"Declaration ID": str(n)} | it for n, it in enumerate(changes)])
    traces = find_traces(X)
    assert traces["line"].tolist() == [1, 1, 0, 0]
    assert traces["mass against line"].tolist()[:2] == pytest.approx([-1.0, 1.0])
    assert np.isnan(traces["mass against line"][3])
    assert traces["dearer goods"].tolist() == [0, 0, 2, 0]
    assert traces["share of the seller, dearer goods"].tolist() == [0, 0, 1, 0]
    assert traces["claims an agreement"].tolist() == [0, 0, 0, 1]
    # Of the three rows of 010121, all at 8 %, none is dearer; of the route, three of four are.
    assert traces["dearer share, product"].tolist() == [0, 0, 0, 0]
    assert traces["dearer share, route"].tolist() == [0, 0, 0.75, 0]
    order = [2, 0, 3, 1]
    moved = find_traces(X.iloc[order].reset_index(drop=True))
    assert np.allclose(moved, traces.iloc[order], equal_nan=True)
