from __future__ import annotations

import numpy as np
import pytest

from customs_baselines.features.graph import GraphFeatures, spread_labels
from customs_baselines.models.simulator_transfer import SimulatorTransfer
from customs_baselines.models.xgboost_graph import XGBoostGraph


@pytest.fixture
def fitted(sample_edition):
    features = GraphFeatures()
    train = features.fit_transform(sample_edition.train, sample_edition.y, sample_edition.test)
    return features, train


def test_test_rows_of_the_graph_and_later_ones_are_read(fitted, sample_edition):
    features, train = fitted
    later = features.transform(sample_edition.test)
    assert train.shape[1] == later.shape[1]
    assert np.array_equal(features.transform(sample_edition.train), train, equal_nan=True)
    stranger = sample_edition.test.head(2).assign(
        **{"Declaration ID": ["x1", "x2"], "Importer ID": "NEW"}
    )
    stranger = stranger.astype(sample_edition.test.dtypes)
    assert features.transform(stranger).shape == (2, train.shape[1])


def test_without_labels_nothing_depends_on_them(sample_edition):
    features = [
        GraphFeatures(with_labels=False).fit_transform(sample_edition.train, y)
        for y in (sample_edition.y, 1 - sample_edition.y)
    ]
    assert np.array_equal(*features, equal_nan=True)


def test_spread_labels_reach_the_neighbours_but_not_the_row_itself():
    # Rows 0-3 share importer 0; row 4 is alone. Labels: 1, 1, 1, unknown, 0.
    groups = {"Importer ID": (np.array([0, 0, 0, 0, 1]), 2)}
    y = np.array([1, 1, 1, -1, 0], dtype=np.int8)
    spread = spread_labels(groups, y, np.array([0, 1, 2, -1, 3], dtype=np.int8))
    base = 0.75
    # Row 3 after one round: 3 labels of weight 1, itself at the base rate with weight .15, and two
    # imaginary declarations at the base rate: (3 + .15 b + 2 b) / (3 + .15 + 2).
    assert spread[3, 0] == pytest.approx((3 + 2.15 * base) / 5.15)
    # Row 4 has nobody: whatever its label, it stays at the base rate.
    assert spread[4, 0] == pytest.approx(base)


def test_a_rows_own_label_does_not_reach_its_features(sample_edition):
    # The graph has no row but this importer's one: flipping its label moves the base rate only.
    train, y = sample_edition.train, sample_edition.y
    alone = np.flatnonzero(~train["Importer ID"].duplicated(keep=False).to_numpy())[0]
    flipped = y.copy()
    flipped[alone] = 1 - y[alone]
    before, after = (
        GraphFeatures(random_state=1).fit_transform(train, labels)[alone] for labels in (y, flipped)
    )
    assert after[np.isfinite(after)] == pytest.approx(before[np.isfinite(before)], abs=0.02)


def test_missing_sellers_give_nan(fitted, sample_edition):
    _, train = fitted
    missing = sample_edition.train["Seller ID"].isna().to_numpy()
    assert np.isnan(train[missing]).any(axis=1).all()


@pytest.mark.training
def test_row_order_changes_no_score(sample_edition):
    edition = sample_edition
    order = np.random.default_rng(0).permutation(len(edition.test))
    model = XGBoostGraph().fit(edition.train, edition.y, X_test=edition.test)
    again = XGBoostGraph().fit(
        edition.train, edition.y, X_test=edition.test.iloc[order].reset_index(drop=True)
    )
    scores = model.predict_proba(edition.test)[:, 1]
    shuffled = again.predict_proba(edition.test)[:, 1]
    assert shuffled == pytest.approx(scores, abs=1e-5)


@pytest.mark.training
def test_simulator_transfer_never_reads_the_labels(sample_edition):
    edition = sample_edition
    scores = [
        SimulatorTransfer(n_worlds=2)
        .fit(edition.train, y, X_test=edition.test)
        .predict_proba(edition.test)
        for y in (edition.y, 1 - edition.y)
    ]
    assert (scores[0] == scores[1]).all()
