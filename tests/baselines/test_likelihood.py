from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import expit, logit

from customs_baselines.likelihood.book import Book, number
from customs_baselines.likelihood.effects import make_design
from customs_baselines.likelihood.membership import find_clusters
from customs_baselines.likelihood.merging import merge_groups
from customs_baselines.likelihood.mixed_logit import (
    ImporterPrior,
    Labels,
    expect_fraud,
    fit_coefficients,
)
from customs_baselines.likelihood.rings import _Members, _Rings, score_declarations
from customs_baselines.likelihood.short_lives import weigh_lives
from customs_baselines.models.structured_likelihood import StructuredLikelihood
from customs_data.errors import KitError
from customs_data.schema import DECLARED_COLUMNS
from customs_data.world.configuration import load_configuration
from customs_data.world.simulate import simulate

CONFIGURATION = load_configuration("practice")


@pytest.fixture(scope="module")
def world():
    return simulate(CONFIGURATION, b"a secret of the likelihood tests", n_declarations=6000)


@pytest.fixture(scope="module")
def book(world):
    return Book(world.declarations[list(DECLARED_COLUMNS)])


def test_coefficients_are_the_most_likely_ones():
    rng = np.random.default_rng(0)
    columns, y = rng.normal(size=(60, 3)), (rng.random(60) < 0.4).astype(float)
    weight, precision, mean = rng.random(60), np.array([1.0, 2.0, 0.5]), np.array([0.0, 1.0, -1.0])
    labels = Labels(missed=0.04, accused=0.01)

    def loss(x):
        p = labels.fraud(columns @ x)
        likelihood = weight @ np.where(y == 1, np.log(p), np.log1p(-p))
        return 0.5 * precision @ (x - mean) ** 2 - likelihood

    best = minimize(loss, np.zeros(3), tol=1e-12).x
    fitted = fit_coefficients(
        csr_matrix(columns), y, weight, labels, mean, precision, np.zeros(3), 40
    )
    assert fitted == pytest.approx(best, abs=0.02)


def test_slope_is_the_derivative_of_the_probability():
    labels, at, step = Labels(0.04, 0.01), np.linspace(-4, 4, 9), 1e-5
    slope = (labels.fraud(at + step) - labels.fraud(at - step)) / (2 * step)
    assert labels.slope(at) == pytest.approx(slope, abs=1e-8)
    assert labels.fraud(np.array([-50.0, 50.0])) == pytest.approx([0.01, 0.96])


def test_an_importer_of_many_frauds_is_a_repeat_offender():
    prior = ImporterPrior(np.full(3, 0.16), CONFIGURATION.risk)
    importer, y = np.repeat([0, 1], 8), np.repeat([1.0, 0.0], 8)
    rows = np.zeros(16)
    evidence = Labels(0.04, 0.01).evidence(y.astype(np.int8))
    _, repeats = prior.after(importer, rows - 1.5, evidence, rows + 1.0)
    share = CONFIGURATION.risk.repeat_share
    assert repeats[0] > 0.9
    assert repeats[1] < share
    assert repeats[2] == pytest.approx(share, abs=0.01)


def test_evidence_of_a_label_is_that_of_the_inspection():
    labels, at = Labels(0.04, 0.01), np.linspace(-3, 3, 5)
    evidence = labels.evidence(np.array([1, 0, -1], dtype=np.int8))
    for y, p in ((1, labels.fraud(at)), (0, 1 - labels.fraud(at))):
        likelihood = 1 + expit(at) * np.expm1(evidence[1 - y])
        assert likelihood / likelihood[0] == pytest.approx(p / p[0])
    assert evidence[2] == 0


def test_forms_tell_about_the_importer_but_not_twice_about_themselves():
    prior, labels = ImporterPrior(np.full(2, 0.16), CONFIGURATION.risk), Labels(0.04, 0.01)
    importer, log_odds = np.array([0, 0, 0, 1]), np.full(4, -1.0)
    form = np.array([2.0, 2.0, 0.0, 2.0])
    belief, _ = prior.after(importer, log_odds, form, np.ones(4))
    p = expect_fraud(belief, importer, log_odds, form, labels)
    nothing, _ = prior.after(importer, log_odds, 0 * form, np.ones(4))
    before = expect_fraud(nothing, importer, log_odds, 0 * form, labels)
    assert p[3] == pytest.approx(before[3])
    assert before[0] + 0.01 < p[0] == pytest.approx(p[1])
    assert p[2] > p[0] + 0.01


def test_a_group_of_frauds_is_a_ring_and_one_without_labels_is_not_known():
    membership = csr_matrix(np.repeat(np.eye(3), 6, axis=0))
    rings = _Rings.unknown(3, CONFIGURATION)
    y = np.repeat([1, 0, -1], 6).astype(np.int8)
    learned, in_ring = rings.learn(
        _Members.of(membership), y, np.full(18, 0.15), np.zeros(18), Labels(0.04, 0.01)
    )
    assert learned.is_ring[0] > 0.95
    assert learned.is_ring[1] < 0.05
    assert learned.is_ring[2] == pytest.approx(rings.base)
    assert in_ring[:6].min() > 0.9
    assert (in_ring[12:] == 0).all()


def test_importers_who_trade_alike_are_merged(book):
    """Copies of importers under new IDs join those that they copy."""
    twice = np.arange(book.n_importers)[book.n_declarations >= 3][:20]
    importers = csr_matrix(
        (np.ones(40), (np.tile(twice, 2), np.arange(40))), shape=(book.n_importers, 40)
    )
    everyone = np.ones(len(book.line_traits["declarant"].base), dtype=bool)
    group = merge_groups(book, importers[book.of_line], importers, everyone, 0.0)
    assert (group[:20] == group[20:]).all()
    none = merge_groups(book, importers[book.of_line], importers, ~everyone, 0.0)
    assert len(set(none)) == 40


def test_short_lives_belong_to_shells(world, book):
    ratio = weigh_lives(book, CONFIGURATION)
    ids = world.declarations["Importer ID"].to_numpy()
    code_of = dict(zip(ids, book.importer, strict=True))
    shell = world.networks.set_index("Importer ID")["Network"] != ""
    weight = np.array([ratio[code_of[name]] for name in shell.index])
    several = np.array([book.n_declarations[code_of[name]] > 1 for name in shell.index])
    assert weight[shell & several].mean() > 0.5
    assert weight[~shell & several].mean() < -0.5
    assert (weight[~several] == 0).all()


def test_forms_move_rows_without_a_label_only(world, book):
    declared = world.declarations[list(DECLARED_COLUMNS)]
    nobody, ordinary = csr_matrix((len(declared), 0)), np.ones(book.n_importers)
    design = make_design(declared, book, ordinary, CONFIGURATION)
    y = np.full(len(declared), -1, dtype=np.int8)
    y[:1000] = world.declarations["Fraud"].to_numpy()[:1000]
    alone = np.flatnonzero((book.n_declarations[book.importer] == 1) & (y < 0))[:1]
    labelled = np.flatnonzero(y >= 0)[:1]
    form = np.zeros(len(y))
    before = score_declarations(design, nobody, y, form, CONFIGURATION)
    form[labelled] = 3.0
    assert score_declarations(design, nobody, y, form, CONFIGURATION) == pytest.approx(before)
    form[alone] = 1.0
    after = score_declarations(design, nobody, y, form, CONFIGURATION)
    assert logit(after[alone]) == pytest.approx(logit(before[alone]) + 1.0)


@pytest.mark.training
def test_groups_are_parts_of_hidden_clusters(world, book):
    membership, ordinary = find_clusters(book, CONFIGURATION)
    assert membership.shape[0] == len(world.declarations)
    assert membership.data.min() >= 0
    assert np.asarray(membership.sum(axis=1)).max() < 1.01
    assert ((ordinary >= 0) & (ordinary <= 1)).all()
    cluster = world.unrecorded["Cluster"].to_numpy()
    sure = np.asarray(membership.sum(axis=1)).ravel() > 0.5
    assert (cluster[sure] != "").mean() > 2 * (cluster != "").mean()
    group = np.asarray(membership.argmax(axis=1)).ravel()
    inside = sure & (cluster != "")
    _, name = np.unique(cluster[inside], return_inverse=True)
    both = number(group[inside], name.reshape(-1))
    same = np.bincount(both)[both] / np.bincount(group[inside])[group[inside]]
    assert same.mean() > 0.6  # B-cubed precision within clusters


@pytest.mark.training
def test_it_beats_chance_with_few_labels_and_scores_without_any(world):
    declared, y = world.declarations[list(DECLARED_COLUMNS)], world.declarations["Fraud"]
    n = world.period_rows[0]
    train, test = declared.iloc[:n].reset_index(drop=True), declared.iloc[n:].reset_index(drop=True)
    known = y.to_numpy()[:n].astype(np.int8)
    known[np.random.default_rng(0).random(n) > 0.3] = -1
    model = StructuredLikelihood().fit(train, known, X_test=test)
    score = model.predict_proba(test)[:, 1]
    best = np.argsort(-score)[: len(test) // 20]
    truth = y.to_numpy()[n:]
    assert truth[best].mean() > 1.8 * truth.mean()
    assert abs(score.mean() - truth.mean()) < 0.05
    unlabelled = StructuredLikelihood().fit(train, np.full(n, -1, dtype=np.int8), X_test=test)
    assert np.isfinite(unlabelled.predict_proba(test)).all()
    # What changed is scored anew, and not looked up by its ID.
    changed = test.head(5).assign(**{"Importer ID": train["Importer ID"].iloc[0]})
    assert (model.predict_proba(changed)[:, 1] != score[:5]).any()
    with pytest.raises(KitError, match="together"):
        model.explain_declaration(test, test["Declaration ID"].iloc[0])
