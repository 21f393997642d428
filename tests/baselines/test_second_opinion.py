"""Up to 100,000 labels, `xgboost` is moved by mixed effects, half way in log-odds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit

from customs_baselines.attribution.shapley import shap_values
from customs_baselines.mixed.design import PARTS
from customs_baselines.mixed.estimator import MixedEffects
from customs_baselines.models.xgboost import XGBoost
from customs_baselines.shapes.recipe_model import RecipeModel

SETTINGS = {"n_estimators": 20}


def fitted(edition, recipe="kit"):
    return XGBoost(recipe=recipe, settings=SETTINGS).fit(edition.train, edition.y)


def trees_alone(model, edition):
    return RecipeModel.predict_proba(model, edition.test)[:, 1]


def test_trees_ask_a_linear_model_that_moves_them_half_way(sample_edition):
    edition = sample_edition
    model = fitted(edition)
    effects = MixedEffects().fit(edition.train, edition.y).log_odds(edition.test)
    proba = model.predict_proba(edition.test)
    trees = logit(trees_alone(model, edition))
    expected = (trees + effects) / 2
    far = np.abs(effects - trees) > 1.1
    assert 0 < far.sum() < len(far) / 2
    expected[far] = trees[far] + 0.55 * np.sign(effects - trees)[far]
    assert logit(proba[:, 1]) == pytest.approx(expected, abs=1e-4)
    assert proba.sum(axis=1) == pytest.approx(1.0)


def test_many_labels_and_the_papers_recipe_have_trees_alone(sample_edition, monkeypatch):
    n_labels = int((sample_edition.y >= 0).sum())
    monkeypatch.setattr("customs_baselines.models.xgboost.MANY_LABELS", n_labels)
    for model in (fitted(sample_edition), fitted(sample_edition, "paper")):
        scores = model.predict_proba(sample_edition.test)[:, 1]
        assert np.array_equal(scores, trees_alone(model, sample_edition))
    monkeypatch.setattr("customs_baselines.models.xgboost.MANY_LABELS", n_labels + 1)
    assert fitted(sample_edition).effects_ is not None
    assert fitted(sample_edition, "paper").effects_ is None


def test_an_explanation_shows_the_opinion_beside_the_features(sample_edition):
    model, X = fitted(sample_edition), sample_edition.test.head(4)
    shap = shap_values(model, sample_edition.train, X)
    total = shap.base + shap.values.sum(axis=1)
    assert total == pytest.approx(logit(model.predict_proba(X)[:, 1]), abs=1e-3)
    assert shap.sources[shap.names.index("effect of Importer ID x Chapter")] == (
        "Importer ID",
        "HS6 Code",
    )
    assert "effect of tax rate" in shap.names
    assert shap.features.shape == shap.values.shape == (4, len(shap.names))


def test_the_parts_of_mixed_effects_read_their_columns_alone(sample_edition):
    model = MixedEffects().fit(sample_edition.train, sample_edition.y)
    X = sample_edition.test
    parts = model.contributions(X)
    assert parts.sum(axis=1) == pytest.approx(model.log_odds(X))
    for column in ("Net Mass", "Tax Rate"):
        changed = model.contributions(X.assign(**{column: X[column] * 2 + 1}))
        moved = np.flatnonzero((changed != parts).any(axis=0))
        reads = [i for i, columns in enumerate(PARTS.values()) if column in columns]
        assert moved.tolist() == reads
