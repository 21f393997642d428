"""Baselines for revenue."""

from __future__ import annotations

import numpy as np

from customs_baselines.catalogue import find_baseline
from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.edition.hidden import load_solution
from customs_data.edition.loading import load_edition
from customs_data.keyed_random import secret_of_seed
from customs_data.season.duty import declared_duty, duty_cap
from customs_scorer.revenue import revenue_of


def test_expected_duty_recovers_more_than_size_alone_and_than_its_model(tmp_path):
    blueprint = read_blueprint(n_declarations=8_000)
    generate_edition(blueprint, secret_of_seed(2), tmp_path / "world", origin="published-seed")
    world = load_edition(tmp_path / "world")
    revenue = revenue_of(world, load_solution(world.layout, world.test["Declaration ID"]))
    scores, capped = {}, {}
    for name in ("xgboost", "declared_duty", "expected_duty"):
        model = find_baseline(name).load_class()().fit(world.train, world.y)
        scores[name] = model.predict_proba(world.test)[:, 1]
        capped[name] = revenue.score(scores[name]).private["capped_revenue_recall_at_10"]
    assert capped["expected_duty"] > max(capped["xgboost"], capped["declared_duty"]) + 0.05
    duty, cap = declared_duty(world.test), duty_cap(world.train)
    assert np.array_equal(np.argsort(scores["declared_duty"]), np.argsort(duty))
    assert np.allclose(scores["expected_duty"], scores["xgboost"] * np.minimum(duty / cap, 1.0))
