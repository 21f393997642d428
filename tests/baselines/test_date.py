from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from customs_baselines.date.condition_text import ConditionText
from customs_baselines.date.conditions import Condition, Path, read_paths
from customs_baselines.date.cross_features import BoosterSettings, CrossFeatures
from customs_baselines.date.network import DateNetwork
from customs_baselines.date.vocabulary import Vocabulary
from customs_baselines.features.kit import RANKED_CODES, KitFeatures
from customs_baselines.models.date import ESTIMATOR as Date
from customs_data.errors import KitError

SMALL = BoosterSettings(n_estimators=20, n_cross=6, cross_depth=3)


@pytest.fixture(scope="module")
def model(sample_edition):
    return Date(device="cpu").fit(
        sample_edition.train, sample_edition.y, y_critical=sample_edition.y_critical
    )


@pytest.fixture(scope="module")
def crossed(sample_edition):
    features = KitFeatures().fit_transform(sample_edition.train, sample_edition.y)
    return features, CrossFeatures(SMALL)


def fraud(model, X):
    return model.predict_proba(X)[:, 1]


class TestCrossFeatures:
    def test_a_rows_margin_and_leaves_do_not_know_its_label(self, crossed, sample_edition):
        features, cross = crossed
        y = sample_edition.y.copy()
        margin, leaves = cross.fit(features, y)
        # The same folds, another label: every booster that scores the row is the same one.
        row = int(np.flatnonzero(y == 1)[0])
        fold = cross.fold_.copy()
        learn = (fold >= 0) & (fold != fold[row])
        assert not learn[row]
        again = CrossFeatures(SMALL)
        again._numbers, again.margins_, again.crosses_, again.paths_ = [], [], [], []
        flipped = y.copy()
        flipped[row] = 0
        again._grow(features[learn], flipped[learn], int(fold[row]))
        assert again._margin(features[[row]], 0)[0] == margin[row]
        number = again._leaves(features[[row]], 0)[0]
        conditions = [cross.paths_[leaf].conditions for leaf in leaves[row]]
        assert [again.paths_[leaf].conditions for leaf in number] == conditions

    def test_unlabelled_rows_have_none(self, crossed, sample_edition):
        features, cross = crossed
        y = sample_edition.y.copy()
        y[::2] = -1
        margin, leaves = cross.fit(features, y)
        assert np.isnan(margin[::2]).all()
        assert np.isfinite(margin[1::2]).all()
        assert (leaves[::2] == -1).all()
        assert (leaves[1::2] >= 0).all()

    def test_a_row_meets_the_conditions_of_its_leaves_and_of_no_other(self, crossed):
        features, cross = crossed
        y = (features[:, 0] + features[:, 2] > np.median(features[:, 0] + features[:, 2])) * 1
        _, leaves = cross.fit(features, y.astype(np.int8))
        paths = cross.paths_
        for row in range(0, 200, 20):
            fold = cross.fold_[row]
            values = features[row].astype(np.float32)
            for tree in range(SMALL.n_cross):
                met = [
                    number
                    for number, path in enumerate(paths)
                    if (path.fold, path.tree) == (fold, tree)
                    and all(c.meets(values[c.feature]) for c in path.conditions)
                ]
                assert met == [leaves[row, tree]]

    def test_history_counts_every_labelled_row_once_a_tree(self, crossed, sample_edition):
        features, cross = crossed
        cross.fit(features, sample_edition.y)
        n_trees = SMALL.n_folds * SMALL.n_cross
        assert cross.labelled_.n.sum() == n_trees * len(features)
        assert cross.labelled_.fraud.sum() == n_trees * (sample_edition.y == 1).sum()
        # Two folds: each booster has learned from the half it does not score.
        assert cross.learned_.n.sum() == SMALL.n_cross * len(features)

    @pytest.mark.parametrize("n_cross", [1, 7, 20])
    def test_any_number_of_trees(self, crossed, sample_edition, n_cross):
        features, _ = crossed
        cross = CrossFeatures(BoosterSettings(n_estimators=5, n_cross=n_cross))
        assert cross.fit(features, sample_edition.y)[1].shape == (len(features), n_cross)

    def test_with_many_labels_a_row_is_judged_by_more_of_the_others(self):
        few, many = BoosterSettings.for_labels(9_999), BoosterSettings.for_labels(10_000)
        assert few == BoosterSettings()
        assert many.n_folds > few.n_folds
        assert many.n_estimators * many.learning_rate > few.n_estimators * few.learning_rate

    def test_three_folds_leave_a_third_unseen_each(self, crossed, sample_edition):
        features, _ = crossed
        cross = CrossFeatures(replace(SMALL, n_folds=3))
        _, leaves = cross.fit(features, sample_edition.y)
        assert np.bincount(cross.fold_).min() >= len(features) // 3 - 1
        for fold in range(3):
            of_fold = {cross.paths_[leaf].fold for leaf in leaves[cross.fold_ == fold].ravel()}
            assert of_fold == {fold}
        assert cross.learned_.n.sum() == 2 * SMALL.n_cross * len(features)


def test_conditions_on_one_feature_become_one():
    # A tree that asks twice: x < 3, then x >= 1.
    from xgboost import XGBClassifier

    x = np.repeat(np.arange(5.0), 20)[:, None]
    y = ((x[:, 0] >= 1) & (x[:, 0] < 3)).astype(int)
    tree = XGBClassifier(n_estimators=1, max_depth=3, min_child_weight=0).fit(x, y)
    paths = read_paths(tree.get_booster())[0].values()
    assert all(len(path.conditions) == 1 for path in paths)
    highest = max(paths, key=lambda path: path.value)
    assert highest.conditions[0].low == 1
    assert highest.conditions[0].high == 3


@pytest.fixture(scope="module")
def text(sample_edition):
    features = KitFeatures()
    features.fit_transform(sample_edition.train, sample_edition.y)
    return ConditionText(features)


def at(text, feature, low=-np.inf, high=np.inf):
    return Condition(text.names.index(feature), low, high)


def test_a_conjunction_reads_as_an_inspector_writes(text, sample_edition):
    modes = sample_edition.train["Mode of Transport"].value_counts(sort=True)
    path = Path(
        (
            at(text, "chapter", high=64.5),
            at(text, "log unit price against HS6 norm", high=np.log(0.4)),
            at(text, "Mode of Transport", high=0.5),
            at(text, "count of Importer ID", high=np.log1p(2.5)),
            at(text, "departure is not origin", low=0.5),
            at(text, "weekday", 0.5, 2.5),
            at(text, "month", 1.5, 2.5),
        ),
        value=0.1,
    )
    assert text.conjunction(path) == (
        "HS chapter <= 64 and unit price < 0.4 times the norm of its HS6 Code and "
        f"Mode of Transport is {modes.index[0]} and "
        "training declarations of its Importer ID <= 2 and departure is not origin and "
        "weekday Tuesday or Wednesday and month February"
    )
    assert text.conjunction(Path((), 0.0)) == "every declaration"


@pytest.mark.parametrize(
    ("feature", "low", "high", "words"),
    [
        # Declared units: ln(778.9 + 0.1) = 6.658, ln(99.4 + 1) = 4.609.
        ("log mass", -np.inf, np.log(779.0), "Net Mass < 779 kg"),
        ("log price", np.log(100.4), np.inf, "Item Price >= 99.4 KRW"),
        ("log price", np.log(1 + 12_345_678), np.inf, "Item Price >= 12,300,000 KRW"),
        ("tax rate", 6.5, 13.0, "Tax Rate from 6.5 to 13 %"),
        ("tax rate", 0.3, np.inf, "Tax Rate >= 0.3 %"),
        # Rounded outward: who has 62.16 kg meets the words.
        ("log mass", np.log(62.16 + 0.1), np.log(62.16 + 0.1), "Net Mass from 62.1 to 62.2 kg"),
        # Log-odds of 0 are one half; log(1 + 90) counts 90 labels.
        ("risk of Seller ID", 0.0, np.inf, "fraud rate of its Seller ID >= 50 %"),
        ("evidence of Declarant ID x Chapter", np.log1p(89.5), np.inf,
         "labelled declarations of its Declarant ID and Chapter >= 90"),
        ("chapter", 0.5, 1.5, "HS chapter = 01"),
        ("heading", 101.5, 8471.5, "HS heading from 0102 to 8471"),
        ("share of Tax Type in HS6 Code x Country of Origin", -np.inf, 0.7778,
         "its Tax Type's share of its HS6 Code and Country of Origin < 78 %"),
    ],
)  # fmt: skip
def test_bounds_have_the_units_of_the_declaration(text, feature, low, high, words):
    low, high = (float(np.float32(bound)) for bound in (low, high))  # as trees compare
    assert text.condition(at(text, feature, low, high)) == words


def test_no_condition_shows_an_internal_code(text, sample_edition):
    for name in RANKED_CODES:
        real = set(sample_edition.train[name])
        for place in range(min(len(real), 8)):
            words = text.condition(at(text, name, place - 0.5, place + 0.5))
            assert words.removeprefix(f"{name} is ") in real
        assert text.condition(at(text, name, len(real) - 0.5)) == f"{name} is new"


def test_every_feature_has_words_in_units(text):
    for feature in text.names:
        words = text.condition(at(text, feature, low=0.7))
        assert not words.startswith(("log ", "risk ", "evidence ", "count ", "share "))


def test_vocabulary_keeps_rare_and_new_values_unknown():
    X = pd.DataFrame({"Importer ID": ["a", "a", "b"], "HS6 Code": ["640399", "640299", "010101"]})
    vocabulary = Vocabulary(("Importer ID", "Chapter"), {"Importer ID": 2}).fit(X)
    assert vocabulary.sizes == (2, 3)
    new = pd.DataFrame({"Importer ID": ["a", "b", "z"], "HS6 Code": ["640000", "010000", "990000"]})
    assert vocabulary.find(new).tolist() == [[1, 1], [0, 2], [0, 0]]


def test_the_network_starts_as_no_correction():
    torch.manual_seed(0)
    network = DateNetwork(torch.randn(10, 3), (4, 5))
    leaves, query = torch.randint(0, 10, (7, 6)), torch.randint(0, 4, (7, 2))
    correction, severity, duty, weights = network(leaves, query)
    assert (correction == 0).all()
    assert severity.shape == duty.shape == (7,)
    assert torch.allclose(weights.sum(dim=1), torch.ones(7))


@pytest.mark.training
class TestDate:
    def test_it_learns(self, model, sample_edition):
        from sklearn.metrics import roc_auc_score

        from customs_data.edition.hidden import load_solution

        solution = load_solution(sample_edition.layout)
        assert roc_auc_score(solution["Fraud"], fraud(model, sample_edition.test)) > 0.58

    def test_no_declaration_no_score(self, model, sample_edition):
        assert model.predict_proba(sample_edition.test.head(0)).shape == (0, 2)

    def test_row_order_and_names_change_nothing(self, model, sample_edition):
        train, test = sample_edition.train, sample_edition.test
        order = np.random.default_rng(0).permutation(len(train))

        def renamed(X):
            ids = {name: X[name] + "x" for name in ("Importer ID", "Declarant ID", "Seller ID")}
            return X.assign(**ids).astype(X.dtypes)

        again = Date(device="cpu").fit(
            renamed(train.iloc[order].reset_index(drop=True)),
            sample_edition.y[order],
            y_critical=sample_edition.y_critical[order],
        )
        back = np.random.default_rng(1).permutation(len(test))
        scores = fraud(again, renamed(test.iloc[back].reset_index(drop=True)))
        assert scores == pytest.approx(fraud(model, test)[back], abs=1e-5)

    def test_one_importer_only(self, sample_edition):
        alone = sample_edition.train.assign(**{"Importer ID": "A"}).astype(
            sample_edition.train.dtypes
        )
        fitted = Date(device="cpu").fit(alone, sample_edition.y)
        assert np.isfinite(fraud(fitted, sample_edition.test)).all()

    def test_two_labels_are_enough(self, sample_edition):
        y = np.full(len(sample_edition.y), -1, dtype=np.int8)
        y[[0, 1]] = 0, 1
        fitted = Date(device="cpu").fit(sample_edition.train, y)
        assert fitted.share_ == 0
        assert np.isfinite(fraud(fitted, sample_edition.test)).all()

    def test_explanation(self, model, sample_edition):
        declaration = sample_edition.test.iloc[[3]]
        ident = declaration["Declaration ID"].iloc[0]
        account = model.explain_declaration(sample_edition.test, ident, n_cross_features=3)
        assert account.fraud_score == pytest.approx(fraud(model, declaration)[0])
        logit = account.booster_log_odds + account.correction
        assert account.fraud_score == pytest.approx(1 / (1 + np.exp(-logit)))
        assert len(account.listed()) == len(account.as_dict()["cross_features"]) == 3
        assert sum(one.attention for one in account.cross_features) == pytest.approx(1)
        assert account.equal_share <= account.largest_attention < 1
        assert all(0 <= one.n_fraud <= one.n_labelled for one in account.cross_features)
        assert json.loads(json.dumps(account.as_dict()))["declaration_id"] == account.declaration_id
        stranger = declaration.assign(**{"Importer ID": "NEW", "HS6 Code": "999999"}).astype(
            declaration.dtypes
        )
        unknown = model.explain_declaration(stranger, ident)
        assert not unknown.importer_known
        assert not unknown.hs6_known

    def test_only_a_declaration_at_hand_is_explained(self, model, sample_edition):
        with pytest.raises(KitError, match="No declaration 'nothing'"):
            model.explain_declaration(sample_edition.test, "nothing")
