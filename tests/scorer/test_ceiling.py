"""The ceiling: the score of the true probabilities."""

from __future__ import annotations

import pandas as pd
import pytest

from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.edition.hidden import load_oracle, load_solution
from customs_data.edition.loading import load_edition
from customs_data.keyed_random import secret_of_seed
from customs_scorer.ceiling import oracle_ceiling
from customs_scorer.metrics import metrics_of
from customs_scorer.metrics.inspection import precision_at
from customs_scorer.yardsticks import make_reference


@pytest.fixture
def world(tmp_path):
    blueprint = read_blueprint(n_declarations=8_000)
    generate_edition(blueprint, secret_of_seed(2), tmp_path / "world", origin="published-seed")
    return load_edition(tmp_path / "world")


def score(world, column, label=1, name="Fraud"):
    """Return precision@5 % of a column of the oracle in the private period."""
    solution = load_solution(world.layout).query("Usage == 'Private'")
    oracle = load_oracle(world.layout).set_index("Declaration ID")
    best = oracle.loc[solution["Declaration ID"], column].to_numpy()
    return precision_at((solution[name] == label).astype(int), best, 0.05)


def test_the_ceiling_is_the_posteriors_and_the_prior_is_beside_it(world):
    known = oracle_ceiling(world)
    ceiling, prior = known["ceiling"]["private"], known["prior"]["private"]
    assert ceiling["precision_at_5"] == score(world, "Posterior Probability")
    assert prior["precision_at_5"] == score(world, "Fraud Probability")
    assert ceiling["critical_precision_at_5"] == score(
        world, "Critical Probability", 2, "Critical Fraud"
    )
    assert set(prior) == {"precision_at_5", "precision_at_10"}
    for period in ("public", "private"):
        assert 0.8 < known["ceiling"][period]["precision_at_5"] <= 1
    reference = make_reference(world)
    assert (reference.ceiling, reference.prior) == (known["ceiling"], known["prior"])


def test_an_edition_of_world_version_1_has_the_prior_alone(world):
    path = world.layout.hidden / "oracle.csv"
    oracle = pd.read_csv(path, dtype=str, keep_default_na=False)
    old = ["Declaration ID", "Fraud Probability", "Scheme", "Ring"]
    oracle[old].to_csv(path, index=False)
    known = oracle_ceiling(world)
    assert known["prior"] is None
    ranked = {metric.name for metric in metrics_of("fraud").ranked}
    assert set(known["ceiling"]["private"]) == ranked
    assert known["ceiling"]["private"]["precision_at_5"] == score(world, "Fraud Probability")


def test_schemes_are_fraud(world):
    schemes = oracle_ceiling(world)["schemes"]
    assert schemes.pop("honest")["fraud_rate"] < 0.05
    assert all(scheme["fraud_rate"] > 0.7 for scheme in schemes.values())
