from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from customs_baselines.models.mlp import Perceptron
from customs_baselines.models.tabm import TabM
from customs_baselines.networks import tabular
from customs_baselines.networks.tabular import NetworkSettings, TabularNetwork
from customs_data.errors import KitError

SHORT = NetworkSettings(width=32, n_epochs=20, batch_size=128, learning_rate=1e-2)


@pytest.fixture(params=[1, 4], ids=["mlp", "tabm"])
def network(request):
    return TabularNetwork(replace(SHORT, n_members=request.param), device="cpu")


@pytest.fixture(scope="module")
def checkerboard():
    """Fraud where two numbers have different signs: no weighted sum of them tells it."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2000, 3))
    y = (features[:, 0] * features[:, 1] < 0).astype(np.int8)
    return features[:1000], y[:1000], features[1000:], y[1000:]


def test_it_learns_what_no_linear_model_can(network, checkerboard):
    features, y, later, later_y = checkerboard
    proba = network.fit(features, y).predict_proba(later)
    assert proba.sum(axis=1) == pytest.approx(1.0)
    assert roc_auc_score(later_y, proba[:, 1]) > 0.9


def test_the_order_of_rows_changes_nothing(network, checkerboard):
    features, y, later, _ = checkerboard
    proba = network.fit(features, y).predict_proba(later)
    order = np.random.default_rng(1).permutation(len(y))
    again = network.fit(features[order], y[order]).predict_proba(later)
    assert (again == proba).all()


def test_rows_are_scored_alike_in_parts(network, checkerboard, monkeypatch):
    features, y, later, _ = checkerboard
    whole = network.fit(features, y).predict_proba(later)
    monkeypatch.setattr(tabular, "_CHUNK", 7)
    assert network.predict_proba(later) == pytest.approx(whole, abs=1e-6)


def test_members_of_tabm_are_several_perceptrons(checkerboard):
    features, y, later, _ = checkerboard
    fitted = TabularNetwork(replace(SHORT, n_members=4), device="cpu").fit(features, y)
    scaled = torch.as_tensor(fitted._scaled(later), dtype=torch.float32)
    with torch.no_grad():
        members = torch.sigmoid(fitted.network_(scaled).squeeze(-1)).double()
    assert members.shape == (len(later), 4)
    assert (members.std(dim=1) > 0).any()
    assert fitted.predict_proba(later)[:, 1] == pytest.approx(members.mean(dim=1).numpy(), abs=1e-6)


@pytest.mark.training
@pytest.mark.parametrize("model", [Perceptron, TabM])
def test_no_rows_and_wrong_devices(model, sample_edition):
    fitted = model().fit(sample_edition.train, sample_edition.y)
    assert fitted.predict_proba(sample_edition.test.head(0)).shape == (0, 2)
    with pytest.raises(KitError, match="choose auto, cpu or cuda"):
        model(device="abacus").fit(sample_edition.train, sample_edition.y)
