"""Every baseline runs on an edition with hardly any columns; recipe kit uses the extra ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from absent_columns import EXTRA, LEAST, make_lacking, with_extra
from customs_baselines.answering import fit_and_score
from customs_baselines.catalogue import find_baseline, list_baselines
from customs_baselines.contract import is_transductive, make_model
from customs_baselines.date.condition_text import ConditionText
from customs_baselines.date.conditions import Condition
from customs_baselines.features import make_features
from customs_baselines.features.column_account import lacking_features, unread_extra
from customs_baselines.features.folds import divide
from customs_baselines.features.kit import N_CELLS, KitFeatures
from customs_baselines.features.kit_statistics import KitStatistics
from customs_data.columns.column_set import absent_columns, extra_names
from customs_data.erasure import erase
from customs_data.errors import KitError
from customs_data.schema import DECLARED_COLUMNS

SMALL = {"n_worlds": 2, "n_masks": 4}
# Of each kind one that takes less than a fifth of a second here; graphs and the others are slow.
QUICK = (
    *("declared_duty", "lightgbm", "lite", "logistic_regression", "lookup", "mixed_effects_graph"),
    *("risk_profile", "xgboost"),
)
MODELS = [
    pytest.param(it.name, marks=() if it.name in QUICK else pytest.mark.slow)
    for it in list_baselines()
]
#: Baselines that read recipe kit, and so the extra columns.
USE_EXTRA = {
    *(it.name for it in list_baselines() if it.recipe == "kit"),
    *("date", "ensemble", "expected_duty", "graphfc", "graphfc_transductive", "lightgbm_netmf"),
    *("lightgbm_team", "xgboost_components", "xgboost_conjunctions", "xgboost_graph"),
    "xgboost_kernel",
}


def new(name, **offered):
    offered = {"random_state": 0, "n_jobs": 1, "device": "cpu", **SMALL, **offered}
    return make_model(find_baseline(name).load_class(), offered)


@pytest.fixture(scope="module")
def editions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lacking")
    return {
        kept: make_lacking(folder / kept[0].split()[0], absent) for kept, absent in LEAST.items()
    }


@pytest.mark.parametrize("kept", LEAST, ids=lambda kept: ", ".join(kept))
@pytest.mark.parametrize("name", MODELS)
def test_every_baseline_runs_on_the_least(name, kept, editions):
    edition = editions[kept]
    assert absent_columns(edition.train) == edition.manifest.absent == LEAST[kept]
    model = new(name)
    scores = fit_and_score(model, edition.split)
    assert np.isfinite(scores).all()
    # What the model says about itself is true: scores depend on the extra columns, or do not.
    is_read = name in USE_EXTRA
    assert unread_extra(model, EXTRA) == ([] if is_read else [*EXTRA])
    mixed = edition.test["Channel"].sample(frac=1, random_state=0)
    other = edition.test.assign(**{"Channel": mixed.array, "Gross Mass": -10.0})
    if is_transductive(type(model)):
        changed = fit_and_score(new(name), replace(edition.split, test=other))
    else:
        changed = model.predict_proba(other)[:, 1]
    assert np.array_equal(scores, changed) != is_read


def test_recipe_paper_takes_absent_numbers_and_no_extra_column(editions):
    edition = editions["Seller ID", "Net Mass"]
    model = new("logistic_regression", recipe="paper")
    assert np.isfinite(fit_and_score(model, edition.split)).all()
    assert unread_extra(model, EXTRA) == [*EXTRA]
    assert model.features_.feature_names() == [n for n in DECLARED_COLUMNS if n != "Declaration ID"]


def test_features_of_recipe_kit_that_lack_a_column_are_named(editions):
    edition = editions["Importer ID", "Item Price"]
    model = new("decision_tree").fit(edition.train, edition.y)
    lacking, n_features = lacking_features(model, ["Net Mass"])
    assert n_features == len(model.features_.feature_names())
    assert set(lacking) == {name for name in model.features_.feature_names() if "mass" in name} | {
        name for name in model.features_.feature_names() if "unit price" in name
    } - {"extra Gross Mass"}
    # A constant number in place of the absent one: what is left is the price against its norm.
    features = pd.DataFrame(
        model.features_.transform(edition.test), columns=model.features_.feature_names()
    )
    assert features["log mass"].nunique() == 1
    assert features["log unit price against HS6 norm"].nunique() > 20


def test_an_erasure_by_importers_needs_them(editions):
    edition = editions["Seller ID", "Net Mass"]
    with pytest.raises(KitError, match="The erasure `importer` needs Importer ID, which this"):
        erase(edition.train, edition.y, label_rate=0.5, erasure="importer", secret=b"x")
    kept = erase(edition.train, edition.y, label_rate=0.5, erasure="inspection", secret=b"x")
    assert kept.mean() == pytest.approx(0.5, abs=0.01)


def test_extra_features(sample):
    train, test = with_extra(sample["train"]), with_extra(sample["private"])
    assert extra_names(train) == EXTRA
    kit = make_features("kit").set_output(transform="pandas")
    described = kit.fit_transform(train, train["Fraud"].to_numpy())
    later = kit.transform(test)
    names = ["extra Gross Mass", "extra Gross Mass is missing", "extra Channel"]
    sources = dict(zip(kit.feature_names(), kit.get_feature_sources(), strict=True))
    extra = [name for name, columns in sources.items() if {*columns} & {*EXTRA}]
    assert extra == [*names, "risk of Channel", "evidence of Channel"]
    number = test["Gross Mass"]
    assert later["extra Gross Mass"].tolist() == number.fillna(train["Gross Mass"].min()).tolist()
    assert later["extra Gross Mass is missing"].tolist() == number.isna().astype(float).tolist()
    ranks = later["extra Channel"].groupby(test["Channel"].array).unique()
    assert ranks["post"] == 0
    assert later["extra Channel"][test["Channel"].isna()].unique().tolist() == [3.0]
    risk = later["risk of Channel"].groupby(test["Channel"].array).mean()
    assert risk["sea"] > risk["post"] > risk["air"]
    # Without them, every other feature is the same.
    plain = make_features("kit").set_output(transform="pandas")
    same = plain.fit_transform(train[list(DECLARED_COLUMNS)], train["Fraud"].to_numpy())
    pd.testing.assert_frame_equal(described.drop(columns=extra), same)


def test_conditions_on_extra_features_in_words(sample):
    train = with_extra(sample["train"])
    kit = KitFeatures().fit(train, train["Fraud"].to_numpy(np.int8))
    text, names = ConditionText(kit), kit.feature_names()

    def words(name, low=-np.inf, high=np.inf):
        return text.condition(Condition(names.index(name), low, high))

    assert words("extra Gross Mass", low=2.0) == "Gross Mass >= 2"
    assert words("extra Gross Mass is missing", low=0.5) == "Gross Mass is missing"
    assert words("extra Gross Mass is missing", high=0.5) == "Gross Mass is given"
    assert words("extra Channel", high=0.5) == "Channel is post"
    assert words("risk of Channel", low=0.0) == "fraud rate of its Channel >= 50 %"


def test_extra_columns_of_parts_merge(sample):
    train = with_extra(sample["train"])
    y = train["Fraud"].to_numpy(np.int8)
    division = divide(train, y, N_CELLS)
    parts = [train.iloc[::2], train.iloc[1::2]]
    statistics = [
        KitStatistics.of(part, y[part.index], division.find(part), N_CELLS, with_labels=True)
        for part in parts
    ]
    merged = KitFeatures().fit_statistics(KitStatistics.merge(statistics))
    whole = KitFeatures().fit(train, y)
    test = with_extra(sample["private"])
    assert np.array_equal(merged.find_features(test), whole.transform(test))
