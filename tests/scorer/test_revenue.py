"""Duty recovered: what is reported beside precision, and never ranked on."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.edition.hidden import load_hidden, load_solution
from customs_data.edition.layout import TRUTH
from customs_data.edition.loading import load_edition
from customs_data.errors import KitError
from customs_data.keyed_random import secret_of_seed
from customs_data.season.duty import declared_duty, duty_cap, recoverable_duty
from customs_scorer.ranking import score_files
from customs_scorer.revenue import YARDSTICKS, revenue_of, revenue_recall
from customs_scorer.submissions import write_submission


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    path = tmp_path_factory.mktemp("editions") / "world"
    blueprint = read_blueprint(n_declarations=8_000)
    generate_edition(blueprint, secret_of_seed(2), path, origin="published-seed")
    return load_edition(path)


@pytest.fixture(scope="module")
def solution(world):
    return load_solution(world.layout, world.test["Declaration ID"])


@pytest.fixture(scope="module")
def revenue(world, solution):
    return revenue_of(world, solution)


def test_a_hand_made_example():
    goods = pd.DataFrame({"Item Price": [200.0, 1000.0, 50.0], "Tax Rate": [8.0, 0.0, 40.0]})
    assert declared_duty(goods).tolist() == [16.0, 0.0, 20.0]
    assert duty_cap(goods) == 18.0  # half way between the second and the highest
    # Found, missed, accused without having evaded anything.
    fraud, evaded = np.array([1, 0, 1]), np.array([7.0, 3.0, 0.0])
    assert recoverable_duty(fraud, evaded).tolist() == [7.0, 0.0, 0.0]


def test_revenue_recall_counts_what_is_opened():
    duty = [60.0, 0.0, 30.0, 10.0]
    assert revenue_recall(duty, [4, 3, 2, 1], 0.25) == 0.6
    assert revenue_recall(duty, [1, 2, 3, 4], 0.5) == 0.4
    # Two of four tie for one place: half of each.
    assert revenue_recall(duty, [5, 1, 1, 0], 0.5) == pytest.approx(0.75)
    assert revenue_recall(duty, [0, 0, 0, 0], 0.5) == pytest.approx(0.5)
    assert np.isnan(revenue_recall([0.0, 0.0], [1, 2], 0.5))


def test_missed_frauds_and_accused_importers_recover_nothing(world, solution, revenue):
    truth = load_hidden(world.layout, TRUTH).set_index("Declaration ID")
    evaded = truth["Duty Evaded"].loc[solution["Declaration ID"]].to_numpy()
    fraud = (solution["Fraud"] == 1).to_numpy()
    private = (solution["Usage"] == "Private").to_numpy()
    assert (evaded > 0)[private & ~fraud].any()  # missed
    assert revenue.score(np.where(fraud, 0.0, evaded)).private["revenue_recall_at_5"] < 0.1
    everything = evaded[private & fraud].sum()
    best = np.flatnonzero(private & fraud)[evaded[private & fraud].argmax()]
    # One declaration for certain; of the others, as many as there are places left.
    k = int(np.ceil(private.sum() / 20))
    rest = (k - 1) / (private.sum() - 1)
    expected = rest + (1 - rest) * evaded[best] / everything
    score = revenue.score(np.arange(len(solution)) == best)
    assert score.private["revenue_recall_at_5"] == pytest.approx(expected)


def test_who_knows_the_duty_recovers_most_and_size_alone_little_of_what_is_capped(revenue):
    private = {name: it.private for name, it in revenue.yardsticks().items()}
    assert list(private) == list(YARDSTICKS)
    for column in private["item_price"]:
        best = max(scores[column] for scores in private.values())
        assert private["recoverable_duty"][column] == pytest.approx(best, abs=0.03)
    capped = "capped_revenue_recall_at_5"
    order = [private[name][capped] for name in ("item_price", "true_expected_duty")]
    assert order[0] < order[1] < private["recoverable_duty"][capped]


def test_revenue_stands_beside_the_scores_and_does_not_rank(world, tmp_path):
    duty = declared_duty(world.test)
    scores = {"duty.csv": duty, "chance.csv": np.random.default_rng(0).random(len(duty))}
    files = [write_submission(world, it, tmp_path / name) for name, it in scores.items()]
    plain = score_files(files, world, n_replicates=0)
    with_revenue = score_files(files, world, n_replicates=0, with_revenue=True)
    assert [it.file for it in plain] == [it.file for it in with_revenue]
    assert "revenue" not in plain[0].as_dict()
    for standing in with_revenue:
        revenue = json.loads(json.dumps(standing.as_dict(), allow_nan=False))["revenue"]
        assert revenue["cap"] == duty_cap(world.train)
        assert revenue["yardsticks"].keys() == YARDSTICKS.keys()
        alike = revenue["private"] == revenue["yardsticks"]["declared_duty"]["private"]
        assert alike == standing.file.endswith("duty.csv")


def test_an_edition_without_the_truth_has_no_revenue(sample_edition):
    solution = load_solution(sample_edition.layout, sample_edition.test["Declaration ID"])
    with pytest.raises(KitError, match="does not contain the duty evaded"):
        revenue_of(sample_edition, solution)
