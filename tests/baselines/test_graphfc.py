from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import roc_auc_score

from customs_baselines.contract import is_transductive
from customs_baselines.graphfc.context import Links, canonical_order
from customs_baselines.graphfc.masks import draw_masks
from customs_baselines.graphfc.past_sums import PastSums, is_first_meeting
from customs_baselines.graphfc.propagation import ROUNDS, Propagation, Walk
from customs_baselines.graphfc.similarity import embed, similar_importers
from customs_baselines.models.graphfc import GraphFC
from customs_baselines.models.graphfc_transductive import TransductiveGraphFC
from customs_data.edition.hidden import load_solution
from customs_data.errors import KitError
from customs_data.schema import KEY

SMALL = {"n_masks": 3, "n_networks": 1}


def scores(model, X):
    return model.predict_proba(X)[:, 1]


@pytest.fixture(scope="module")
def fitted(sample_edition):
    return GraphFC(**SMALL).fit(sample_edition.train, sample_edition.y)


@pytest.fixture(scope="module")
def fraud_scores(fitted, sample_edition):
    return scores(fitted, sample_edition.test)


def renamed(frame):
    """Other names for every entity and declaration, in no order."""
    return frame.assign(
        **{
            name: frame[name].map(lambda one: f"R{hash_of(one)}", na_action="ignore")
            for name in (KEY, "Importer ID", "Declarant ID", "Seller ID", "Courier ID")
        }
    ).astype(frame.dtypes)


def hash_of(text):
    return hashlib.sha256(text.encode()).hexdigest()[:10]


@pytest.mark.training
def test_order_of_rows_changes_no_score(fitted, fraud_scores, sample_edition):
    rng = np.random.default_rng(0)
    order = rng.permutation(len(sample_edition.test))
    test = sample_edition.test.iloc[order].reset_index(drop=True)
    assert scores(fitted, test) == pytest.approx(fraud_scores[order], abs=1e-6)
    order_train = rng.permutation(len(sample_edition.train))
    train = sample_edition.train.iloc[order_train].reset_index(drop=True)
    again = GraphFC(**SMALL).fit(train, sample_edition.y[order_train])
    assert scores(again, test) == pytest.approx(fraud_scores[order], abs=1e-5)


@pytest.mark.training
def test_names_change_no_score(fraud_scores, sample_edition):
    again = GraphFC(**SMALL).fit(renamed(sample_edition.train), sample_edition.y)
    assert scores(again, renamed(sample_edition.test)) == pytest.approx(fraud_scores, abs=1e-5)


@pytest.mark.training
def test_later_declarations_change_no_earlier_score(fitted, fraud_scores, sample_edition):
    """From the past only: the public period's scores do not know the private period."""
    dates = sample_edition.test["Date"]
    early = (dates < dates.sort_values().iloc[len(dates) // 2]).to_numpy()
    assert 0 < early.sum() < len(early)
    assert scores(fitted, sample_edition.test[early]) == pytest.approx(
        fraud_scores[early], abs=1e-6
    )


@pytest.mark.training
def test_transductive_reads_later_declarations_and_no_label(sample_edition):
    assert not is_transductive(GraphFC)
    assert is_transductive(TransductiveGraphFC)
    edition = sample_edition
    model = TransductiveGraphFC(**SMALL).fit(edition.train, edition.y, X_test=edition.test)
    order = np.random.default_rng(0).permutation(len(edition.test))
    shuffled = edition.test.iloc[order].reset_index(drop=True)
    again = TransductiveGraphFC(**SMALL).fit(edition.train, edition.y, X_test=shuffled)
    assert scores(again, edition.test) == pytest.approx(scores(model, edition.test), abs=1e-5)
    half = edition.test.iloc[: len(edition.test) // 2]
    without = TransductiveGraphFC(**SMALL).fit(edition.train, edition.y, X_test=half)
    assert not np.allclose(scores(without, half), scores(model, half), atol=1e-6)


@pytest.mark.training
def test_it_learns(fraud_scores, sample_edition):
    truth = load_solution(sample_edition.layout)["Fraud"]
    assert roc_auc_score(truth, fraud_scores) > 0.58


@pytest.mark.training
def test_few_labels_are_enough(sample_edition):
    train, rng = sample_edition.train, np.random.default_rng(3)
    y = np.full(len(train), -1, dtype=np.int8)
    y[rng.choice(len(train), 21, replace=False)] = 0
    y[np.flatnonzero(y == 0)[0]] = 1
    few_label_scores = scores(GraphFC(**SMALL).fit(train, y), sample_edition.test)
    assert np.isfinite(few_label_scores).all()
    assert len(np.unique(few_label_scores)) > 1


def test_no_label_is_a_clear_error(sample_edition):
    with pytest.raises(KitError, match="No training declaration has a label"):
        GraphFC(**SMALL).fit(
            sample_edition.train, np.full(len(sample_edition.train), -1, dtype=np.int8)
        )


@pytest.mark.training
@pytest.mark.parametrize(
    ("column", "value"), [("Seller ID", np.nan), ("Importer ID", "I1"), ("Declarant ID", "D1")]
)
def test_one_importer_or_no_seller(column, value, sample_edition):
    train = sample_edition.train.head(300)
    train = train.assign(**{column: value}).astype(train.dtypes)
    test = sample_edition.test.head(40)
    model = GraphFC(**SMALL).fit(train, sample_edition.y[:300])
    alike = test.assign(**{column: value}).astype(test.dtypes)
    assert np.isfinite(scores(model, alike)).all()
    assert np.isfinite(scores(model, test)).all()


@pytest.mark.training
def test_nothing_to_score_gives_nothing(fitted, sample_edition):
    nothing = sample_edition.test.head(0)
    assert fitted.predict_proba(nothing).shape == (0, 2)
    model = TransductiveGraphFC(**SMALL)
    model.fit(sample_edition.train, sample_edition.y, X_test=nothing)
    assert model.predict_proba(nothing).shape == (0, 2)


@pytest.mark.training
def test_training_declarations_can_be_scored(fitted, sample_edition):
    assert np.isfinite(scores(fitted, sample_edition.train.head(20))).all()


@pytest.mark.training
def test_explanation_agrees_with_scoring_without_the_neighbour(fitted, sample_edition):
    test = sample_edition.test
    own = test.iloc[[int(test["Date"].argmax())]]
    # A neighbour through all three traders, filed the day before and not labelled.
    neighbour = own.assign(**{KEY: "NEIGHBOUR", "Date": own["Date"] - pd.Timedelta(days=1)})
    both = pd.concat([test, neighbour.astype(test.dtypes)], ignore_index=True)
    explained = fitted.explain_declaration(both, own[KEY].item(), n_neighbours=4)
    place = int(np.flatnonzero((both[KEY] == own[KEY].item()).to_numpy())[0])
    with_it, without = scores(fitted, both)[place], scores(fitted, test)[place]
    assert explained.fraud_score == pytest.approx(with_it, abs=1e-6)
    checked = next(one for one in explained.neighbours if one.declaration_id == "NEIGHBOUR")
    assert checked.relations == ("importer", "seller", "declarant")
    assert checked.label is None
    log_odds = np.log(without / (1 - without))
    assert explained.log_odds - log_odds == pytest.approx(checked.effect, abs=1e-5)
    effects = [abs(one.effect) for one in explained.neighbours]
    assert effects == sorted(effects, reverse=True)
    assert all(one.date <= explained.date for one in explained.neighbours)
    assert explained.n_neighbours["importer"] >= explained.n_fraud["importer"]
    plain = json.loads(json.dumps(explained.as_dict()))
    assert plain["importer"] == own["Importer ID"].item()


@pytest.mark.training
def test_an_unknown_declaration_cannot_be_explained(fitted, sample_edition):
    with pytest.raises(KitError, match="No declaration 'nobody'"):
        fitted.explain_declaration(sample_edition.test, "nobody")


def test_canonical_order_looks_at_content_only(sample_edition):
    train = sample_edition.train
    order = np.random.default_rng(1).permutation(len(train))
    one = train.iloc[canonical_order(train)][KEY].tolist()
    shuffled = train.iloc[order]
    assert shuffled.iloc[canonical_order(shuffled)][KEY].tolist() == one
    assert canonical_order(pd.DataFrame(columns=train.columns)).shape == (0,)


def test_running_sums_agree_with_the_definition():
    rng = np.random.default_rng(0)
    group, day = rng.integers(-1, 4, 60), rng.integers(0, 9, 60)
    values = rng.normal(size=(60, 2))
    for past_only in (True, False):
        sums = PastSums(group, day, past_only=past_only).sums(values)
        for i in range(60):
            seen = (group == group[i]) & (group[i] >= 0)
            if past_only:
                seen &= day <= day[i]
            assert sums[i] == pytest.approx(values[seen].sum(axis=0))


def small_graph(n, seed=0, n_importers=3, n_sellers=3):
    """Declarations of a few importers and sellers; the first one has no links."""
    rng = np.random.default_rng(seed)
    ids = {
        "Importer ID": rng.integers(0, n_importers, n),
        "Seller ID": rng.integers(0, n_sellers, n),
    }
    X = pd.DataFrame({name: [f"{name[0]}{i}" for i in value] for name, value in ids.items()})
    X["Declarant ID"] = [f"D{i}" for i in ids["Seller ID"] % 2]
    X["Date"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(n) // 2, "D")
    kinds = {"importer": "Importer ID", "declarant": "Declarant ID", "seller": "Seller ID"}
    return Links.read(X, {kind: (name,) for kind, name in kinds.items()}).without(np.array([0]))


def test_a_walk_agrees_with_the_definition():
    rng = np.random.default_rng(0)
    strengths = {"importer": 1.0, "seller": 1.5}
    links = small_graph(12)
    group = links.group
    assert group["importer"][0] == group["seller"][0] == -1
    sent, inside = rng.normal(size=(12, 3)), (np.arange(12) < 8) * 1.0
    values, expected = sent, []
    for step in range(1, max(ROUNDS) + 1):
        new = np.zeros((12, 3))
        for i in range(12):
            means = {
                name: values[alike].mean(axis=0)
                for name in strengths
                if (alike := (group[name] == group[name][i]) & (inside > 0)).any()
                and group[name][i] >= 0
            }
            total = sum(strengths[name] for name in means)
            parts = [strengths[name] * mean for name, mean in means.items()]
            new[i] = sum(parts) / total if means else sent[i] * [0, 0, 1]
        values = new
        expected += [values] if step in ROUNDS else []
    walk = Walk(Propagation(links.data, torch.device("cpu")), strengths)
    spread = walk.spread(torch.from_numpy(sent), torch.from_numpy(inside))
    assert np.allclose([one.numpy() for one in spread], expected)


def test_sums_reach_all_declarations_of_an_entity():
    links = small_graph(12)
    propagation = Propagation(links.data, torch.device("cpu"))
    sent = torch.arange(12.0, dtype=torch.float64)[:, None]
    received = propagation.to_declarations(propagation.to_entities(sent)).numpy()[:, :, 0]
    for place, kind in enumerate(propagation.kinds):
        group = links.group[kind]
        for i in range(12):
            alike = (group == group[i]) & (group[i] >= 0)
            assert received[i, place] == np.flatnonzero(alike).sum()


def test_importers_of_the_same_partners_are_similar():
    """Importers 0, 1 and 2 trade with one group of partners, 3, 4 and 5 with another."""
    rng = np.random.default_rng(0)
    importer = rng.integers(0, 6, 400)
    partner = rng.integers(0, 5, 400) + 5 * (importer // 3)
    X = pd.DataFrame(
        {
            "Date": pd.Timestamp("2020-01-01"),
            "Importer ID": [f"I{i}" for i in importer],
            "Declarant ID": [f"D{i}" for i in partner],
            "Seller ID": [f"S{i}" for i in partner],
        }
    )
    relations = {"importer": "Importer ID", "declarant": "Declarant ID", "seller": "Seller ID"}
    links = Links.read(X, {kind: (name,) for kind, name in relations.items()})
    edges, cosine = similar_importers(links.data, seed=0)
    side = np.empty(6, dtype=np.int64)
    side[links.group["importer"]] = importer // 3
    alike = side[edges[0].numpy()] == side[edges[1].numpy()]
    assert (edges[0] != edges[1]).all()
    assert np.bincount(edges[1].numpy()).tolist() == [5] * 6
    assert cosine.numpy()[alike].min() > cosine.numpy()[~alike].max()


def test_embedding_finds_the_leading_singular_vectors():
    rng = np.random.default_rng(0)
    left = np.linalg.qr(rng.normal(size=(500, 400)))[0]
    matrix = left * np.append(np.linspace(3, 2, 128), np.full(272, 0.1))
    embedded = embed(torch.from_numpy(matrix.astype(np.float32)).to_sparse_csr(), seed=0).numpy()
    leading = left[:, :128] / np.linalg.norm(left[:, :128], axis=1, keepdims=True)
    # The same up to a rotation: all angles between places agree.
    assert np.allclose(embedded @ embedded.T, leading @ leading.T, atol=1e-2)


def test_first_meetings_count_distinct_partners():
    group = np.array([0, 0, 0, 1, -1])
    other = np.array([5, 5, 6, 5, 5])
    first = is_first_meeting(group, other, np.array([2, 1, 0, 0, 0]))
    assert first.tolist() == [0.0, 1.0, 1.0, 1.0, 0.0]


def test_masks_never_reveal_a_target():
    days = np.arange(200)
    for labelled in (np.array([3, 50]), np.arange(0, 200, 3)):
        masks = list(draw_masks(days, labelled, 8, np.random.default_rng(0)))
        assert len(masks) == 8
        for revealed, targets in masks:
            assert len(targets) > 0
            assert revealed.any()
            assert not revealed[targets].any()
            assert set(targets) | set(np.flatnonzero(revealed)) == set(labelled)
