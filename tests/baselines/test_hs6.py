"""Models of the task hs6: their contract, and that they learn."""

from __future__ import annotations

import inspect
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from customs_baselines.answering import fit_and_answer
from customs_baselines.catalogue import find_baseline, list_baselines
from customs_baselines.contract import make_model
from customs_baselines.goods.codes import best_first
from customs_baselines.goods.correction import suspicion
from customs_data.edition.generating import read_blueprint, simulate_world, split_periods
from customs_data.keyed_random import secret_of_seed
from customs_data.split import Split, rows_of
from customs_data.tasks import find_task
from customs_scorer.metrics import metrics_of

TASK = find_task("hs6")
NAMES = [baseline.name for baseline in list_baselines("hs6")]


def new(name):
    offered = {"random_state": 0, "n_jobs": 1}
    return make_model(find_baseline(name, "hs6").load_class(), offered, TASK)


def split_of(n_declarations):
    world = simulate_world(read_blueprint(n_declarations=n_declarations), secret_of_seed(7))
    periods = split_periods(world)
    start = len(world.declarations) - len(periods["private"])
    private = periods["private"].assign(
        **{
            "True HS6 Code": world.truth["True HS6 Code"].iloc[start:].to_numpy(),
            "Declared HS6 Code": periods["private"]["HS6 Code"],
        }
    )
    return Split.of_frames(TASK, periods["train"], private)


@pytest.fixture(scope="module")
def split():
    return split_of(4000)


@pytest.fixture(scope="module")
def tiny():
    return split_of(100)


@pytest.mark.parametrize("name", NAMES)
class TestContract:
    """Every model of the task."""

    def test_it_answers_a_tiny_edition(self, name, tiny):
        ranked = fit_and_answer(new(name), tiny)
        assert ranked.shape == (len(tiny.test), 5)
        for row in ranked:
            named = [code for code in row if code]
            assert len(named) == len(set(named))
            assert all(len(code) == 6 and code.isdigit() for code in named)

    def test_clones_and_pickles_answer_alike_and_leave_their_input_as_it_was(self, name, tiny):
        model, train, test = new(name), tiny.train.copy(), tiny.test.copy()
        first = fit_and_answer(model, tiny)
        assert train.equals(tiny.train)
        assert test.equals(tiny.test)
        assert (fit_and_answer(clone(model), tiny) == first).all()
        reloaded = pickle.loads(pickle.dumps(model))
        assert (reloaded.rank(test, 5) == model.rank(test, 5)).all()

    def test_new_traders_empty_sellers_and_extreme_values_are_answered(self, name, tiny):
        strange = tiny.test.head(3).assign(
            **{
                "Importer ID": "NEW0001",
                "Declarant ID": "NEW0002",
                "Seller ID": np.nan,
                "Courier ID": np.nan,
                "Country of Departure": "QQ",
                "Net Mass": [0.0, 1e-15, 1e15],
                "Item Price": [0.0, 1e15, 1e-15],
            }
        )
        train = tiny.train.assign(**{"Seller ID": np.nan})
        other = replace(
            tiny,
            train=train.astype(tiny.train.dtypes),
            test=strange.astype(tiny.test.dtypes),
            answers=rows_of(tiny.answers, np.arange(len(tiny.test)) < 3),
        )
        ranked = fit_and_answer(new(name), other)
        assert (ranked[:, 0] != "").all()

    def test_one_code_is_enough(self, name, tiny):
        one = replace(tiny, train=tiny.train.assign(**{"HS6 Code": "010121"}))
        ranked = fit_and_answer(new(name), one)
        assert (ranked != "").any()

    def test_it_is_documented(self, name):
        entry = find_baseline(name, "hs6")
        assert entry.summary.endswith(".")
        assert inspect.getdoc(entry.load_class())


def top_1(name, split):
    return metrics_of(TASK).ranked[0].value(split.answers, fit_and_answer(new(name), split))


def test_models_learn(split):
    mode, history = top_1("mode", split), top_1("history", split)
    mixture = top_1("mixture", split)
    assert history > mode + 0.15
    assert top_1("profile_bayes", split) > mode + 0.10
    assert mixture > history + 0.05


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("ranker", marks=pytest.mark.training),
        pytest.param("graph", marks=pytest.mark.slow),
    ],
)
def test_trees_and_network_learn_more_than_the_mixture(name, split):
    assert top_1(name, split) > top_1("mixture", split)


def test_history_names_the_importers_usual_goods_first():
    train = pd.DataFrame(
        {
            "Importer ID": ["A", "A", "A", "B", "B"],
            "Seller ID": ["S", "S", "T", "T", "T"],
            "Country of Departure": ["KR"] * 5,
            "Country of Origin": ["KR"] * 5,
        }
    )
    codes = np.array(["010121", "010121", "020110", "030111", "030111"])
    test = pd.DataFrame(
        {
            "Importer ID": ["A", "NEW", "NEW"],
            "Seller ID": ["T", "S", np.nan],
            "Country of Departure": ["KR"] * 3,
            "Country of Origin": ["KR"] * 3,
        }
    )
    ranked = new("history").fit(train, codes).rank(test, 2)
    assert ranked[0].tolist() == ["010121", "020110"]
    assert ranked[1, 0] == "010121"
    # Two codes are equally frequent on the route: the first in order.
    assert ranked[2].tolist() == ["010121", "030111"]


def test_the_best_scores_come_first_and_missing_ones_are_minus_one():
    assert best_first(np.array([[1.0, 3.0, 2.0]]), 2).tolist() == [[1, 2]]
    assert best_first(np.array([[1.0, 1.0]]), 3).tolist() == [[0, 1, -1]]


class TestSuspicion:
    """What a declared code's score says about it."""

    codes = np.array([["010121", "010129", "020110", ""]])
    scores = np.array([[2.0, 1.5, 3.0, -np.inf]])

    @pytest.mark.parametrize(
        ("declared", "expected"),
        [("010121", 0.0), ("010129", 0.5), ("010190", 0.5), ("990000", 0.0), ("020110", 0.0)],
    )
    def test_only_the_chapter_counts(self, declared, expected):
        assert suspicion(self.codes, self.scores, np.array([declared])).tolist() == [expected]
