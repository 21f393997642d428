from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from customs_baselines.attribution.shapley import shap_values
from customs_baselines.catalogue import find_baseline, list_baselines, marks_of
from customs_baselines.models.simulated_prior import SimulatedPrior, make_context
from customs_baselines.priors.weights import PriorWeights, load_weights
from customs_data.errors import KitError
from studies import train_prior


def test_models_that_learned_from_the_simulator_are_marked():
    marked = [it.name for it in list_baselines() if it.from_simulator]
    assert marked == ["simulated_prior", "simulator_transfer", "structured_likelihood"]
    assert marks_of("simulated_prior", True) == " (transductive, simulator)"
    assert marks_of("xgboost_graph", True) == " (transductive)"
    assert marks_of("my_model.py:simulated_prior", False) == ""
    assert not find_baseline("xgboost").from_simulator
    yardsticks = [it.name for it in list_baselines() if it.is_yardstick]
    assert yardsticks == [
        "declared_duty", "expected_duty", "lightgbm_team", "structured_likelihood",
        "xgboost_components",
    ]  # fmt: skip


def test_weights_are_read_as_written_and_for_their_own_numbers_only(tmp_path):
    weights = PriorWeights("practice 2", 3, [0.01], ["a", "b"], "no trees")
    weights.save(tmp_path / "one.json.gz")
    weights.save(tmp_path / "two.json.gz")
    assert load_weights(tmp_path / "one.json.gz") == weights
    assert (tmp_path / "one.json.gz").read_bytes() == (tmp_path / "two.json.gz").read_bytes()
    with pytest.raises(KitError, match=r"1 differ, such as c.*make prior"):
        weights.booster(["a", "b", "c"])
    with pytest.raises(KitError, match="their order"):
        weights.booster(["b", "a"])
    with pytest.raises(KitError, match="no prior in"):
        load_weights(tmp_path / "three.json.gz")
    (tmp_path / "four.json.gz").write_bytes(b"nothing")
    with pytest.raises(KitError, match="is not a prior"):
        load_weights(tmp_path / "four.json.gz")


@pytest.mark.training
def test_it_reads_the_labels_and_cannot_be_explained(sample_edition):
    edition = sample_edition
    scores = [
        SimulatedPrior().fit(edition.train, y, X_test=edition.test).predict_proba(edition.test)
        for y in (edition.y, 1 - edition.y)
    ]
    assert not np.allclose(scores[0], scores[1])
    with pytest.raises(KitError, match="reads declarations together"):
        shap_values(SimulatedPrior(), edition.train, edition.test)


@pytest.mark.training
def test_without_any_label_forms_and_structure_alone_speak(sample_edition):
    edition = sample_edition
    nothing = np.full(len(edition.train), -1, dtype=np.int8)
    model = SimulatedPrior().fit(edition.train, nothing, X_test=edition.test)
    assert model.context_.silent_ == ["mixed_effects_graph"]
    score = model.predict_proba(edition.test)[:, 1]
    assert np.isfinite(model.context_.describe(edition.test.head(50))[:, -4:]).all()
    assert score.std() > 0.01


@pytest.mark.training
def test_training_resumes_and_writes_a_prior(tmp_path, monkeypatch, sample_edition):
    command = ["--worlds", "2", "--rows", "1000", "--trees", "3", "--keep", str(tmp_path / "kept")]
    out = tmp_path / "prior.json.gz"
    first = CliRunner().invoke(train_prior.main, [*command, "--out", str(out)])
    assert first.exit_code == 0, first.output
    written = out.read_bytes()

    def never(*_: object) -> None:
        raise AssertionError("A kept world was made again.")

    monkeypatch.setattr(train_prior, "make_rows", never)
    again = CliRunner().invoke(train_prior.main, [*command, "--out", str(out)])
    assert again.exit_code == 0, again.output
    assert out.read_bytes() == written
    weights = load_weights(out)
    assert weights.label_rates == [0.01, 0.02, 0.05, 0.1]
    context = make_context().fit(sample_edition.train, sample_edition.y, sample_edition.test)
    numbers = context.describe(sample_edition.test)
    proba = weights.booster(context.names()).predict(numbers)
    assert proba.shape == (len(sample_edition.test),)
    assert ((proba > 0) & (proba < 1)).all()
