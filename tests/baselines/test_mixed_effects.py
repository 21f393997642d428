"""Mixed effects: shrinkage, the graph's random field, and the solution of the equations."""

import numpy as np
import pytest
from scipy import sparse
from scipy.special import expit

from customs_baselines.mixed.design import Design, TraderGraph
from customs_baselines.mixed.estimator import GraphMixedEffects, MixedEffects
from customs_baselines.mixed.posterior_mode import Smoothness, find_effects


def _draw(n_groups, spread, n=4000, seed=0):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, n_groups, n)
    effect = spread * rng.normal(size=n_groups)
    y = (rng.random(n) < expit(effect[group] - 1.0)).astype(np.int8)
    rows = sparse.csr_array((np.ones(n), (np.arange(n), group)), shape=(n, n_groups))
    rows = sparse.csr_array(sparse.hstack([rows, np.ones((n, 1))], format="csr"))
    return rows, y, effect, np.append(np.zeros(n_groups, dtype=np.int64), 1)


def test_effects_of_a_wide_kind_are_followed_and_of_a_narrow_kind_are_not():
    wide, narrow = (_draw(40, spread) for spread in (1.5, 0.0))
    spread = []
    for rows, y, effect, kind in (wide, narrow):
        estimate = find_effects(rows, y, kind)[:-1]
        spread.append(estimate.std())
        if effect.std() > 0:
            assert np.corrcoef(estimate, effect)[0, 1] > 0.95
    assert spread[1] < 0.15 < 1.0 < spread[0]


def test_effects_maximise_the_posterior():
    rows, y, _, kind = _draw(5, 1.0, n=300)
    ties = sparse.csr_array(np.array([[0.0, 1.0], [1.0, 0.0]]))
    nodes = sparse.csr_array(np.eye(2)[np.arange(300) % 2])
    smooth = Smoothness(ties, 0.5, 0.3)
    joined = sparse.csr_array(sparse.hstack([rows, nodes], format="csr"))
    effects = find_effects(joined, y, kind, smooth)
    residual = y - expit(joined @ effects)
    # The slope of the likelihood balances that of the prior, which the nodes have without spreads.
    expected = smooth.precision(effects[-2:])
    assert nodes.T @ residual == pytest.approx(expected, abs=0.05)


def test_a_field_carries_effects_to_partners():
    ties = sparse.csr_array(np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))
    n = 200
    rows = sparse.csr_array(np.column_stack([np.ones(n), np.arange(n) % 2, np.zeros((n, 2))]))
    y = (np.arange(n) % 2).astype(np.int8)
    effects = find_effects(rows, y, np.array([0]), Smoothness(ties, 0.9, 1.0))
    _, labelled, partner, stranger = effects
    assert labelled > partner > 1.0
    assert stranger == 0.0


def test_new_values_have_no_effect(small_edition):
    train, test = small_edition.train, small_edition.test
    design = Design()
    rows = design.fit(train)
    assert rows.shape[1] == len(design.kind)
    changed = test.assign(**{"Importer ID": "nobody", "Seller ID": "nobody"})
    assert design.find(changed).sum() < design.find(test).sum()
    graph = TraderGraph()
    graph.fit(train)
    assert (graph.find(changed).sum(axis=1) <= 1).all()


@pytest.mark.parametrize("model", [MixedEffects, GraphMixedEffects])
def test_mean_probability_is_near_the_rate(small_edition, model):
    fitted = model().fit(small_edition.train, small_edition.y)
    mean = fitted.predict_proba(small_edition.train)[:, 1].mean()
    assert mean == pytest.approx((small_edition.y == 1).mean(), abs=0.03)
