from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from customs_baselines.features import make_features
from customs_baselines.features.norms import deviations_from_others
from customs_baselines.features.risk import RiskProfiles
from customs_data.columns.grouping import Codebook, Grouping
from customs_data.columns.mapped_frames import frame_of
from customs_data.errors import KitError


@pytest.fixture
def train(sample_edition):
    return sample_edition.train


@pytest.mark.parametrize("recipe", ["paper", "kit"])
def test_features_are_finite_named_and_repeatable(sample_edition, recipe):
    edition = sample_edition
    results = []
    for _ in range(2):
        features = make_features(recipe, random_state=3)
        fitted = features.fit_transform(edition.train, edition.y)
        later = features.transform(edition.test)
        assert fitted.shape == (len(edition.train), len(features.get_feature_names_out()))
        assert later.shape == (len(edition.test), fitted.shape[1])
        assert np.isfinite(fitted).all()
        assert np.isfinite(later).all()
        results.append((fitted, later))
    for a, b in zip(*results, strict=True):
        assert (a == b).all()


def test_unknown_recipe_is_named():
    with pytest.raises(KitError, match="'soup'"):
        make_features("soup")


def test_paper_recipe_encodes_in_order_of_appearance_and_scales(train):
    features = make_features("paper")
    fitted = features.fit_transform(train)
    assert fitted.min() == 0
    assert fitted.max() == 1
    names = features.feature_names()
    assert "Declaration ID" not in names
    codes = fitted[:, names.index("HS6 Code")]
    first_seen = train["HS6 Code"].unique()
    expected = {code: i / (len(first_seen) - 1) for i, code in enumerate(first_seen)}
    assert codes == pytest.approx(train["HS6 Code"].map(expected).to_numpy())
    # unseen codes share the next place: one step above the last, which is 1
    unseen = train.head(2).assign(**{"HS6 Code": ["000000", "000001"]})
    later = features.transform(unseen)[:, names.index("HS6 Code")]
    assert later == pytest.approx(len(first_seen) / (len(first_seen) - 1))


def test_a_constant_column_becomes_zero(train):
    features = make_features("paper")
    fitted = features.fit_transform(train)
    assert (fitted[:, features.feature_names().index("Process Type")] == 0).all()


def test_grouping_gives_missing_and_unseen_no_group(train):
    grouping = Grouping(["Seller ID", "HS6 Code"])
    group = grouping.fit(train)
    assert ((group == -1) == train["Seller ID"].isna().to_numpy()).all()
    # same group exactly where both values are equal
    pair = train["Seller ID"] + "/" + train["HS6 Code"]
    known = group >= 0
    assert pd.Series(group[known]).groupby(pair[known].to_numpy()).nunique().eq(1).all()
    assert grouping.n_groups == pair[known].nunique()
    assert (grouping.find(train.assign(**{"Seller ID": "nobody"})) == -1).all()


@pytest.mark.parametrize("sparsity", [0, 10**6])
def test_groups_are_numbered_alike_with_and_without_a_table(train, sparsity, monkeypatch):
    key = ("Seller ID", "HS6 Code", "Country of Origin")
    monkeypatch.setattr("customs_data.columns.grouping._MAX_SPARSITY", sparsity)
    grouping = Grouping(key)
    group = grouping.fit(train)
    # in the order of the columns' values
    places = [pd.factorize(train[name], sort=True)[0] for name in key]
    known = places[0] >= 0
    tuples = sorted(set(zip(*(place[known].tolist() for place in places), strict=True)))
    number = {values: i for i, values in enumerate(tuples)}
    rows = zip(*(place.tolist() for place in places), strict=True)
    assert group.tolist() == [number.get(row, -1) for row in rows]
    assert grouping.n_groups == len(tuples)
    assert (grouping.find(train) == group).all()


KEYS = (("HS6 Code",), ("Heading",), ("Seller ID", "Chapter"), ("Chapter", "Country of Origin"))


@pytest.mark.parametrize("seed", range(4))
def test_dictionaries_are_coded_as_text_is(sample_edition, seed):
    """In several chunks, with dictionaries of their own, and with values that no cell has."""
    rng = np.random.default_rng(seed)
    train = sample_edition.train.iloc[: int(rng.integers(0, 900))]
    cuts = np.sort(rng.integers(0, len(train) + 1, 3)).tolist()
    parts = list(zip([0, *cuts], [*cuts, len(train)], strict=True))
    columns = {}
    for name in ("HS6 Code", "Seller ID", "Country of Origin"):
        cells = train[name].astype(object).where(train[name].notna(), None).tolist()
        # Slices whose dictionaries keep the values of the two cells before them.
        chunks = [pa.array(["000000", "999999", *cells[i:j]]).dictionary_encode() for i, j in parts]
        columns[name] = pa.chunked_array([chunk[2:] for chunk in chunks])
    coded = frame_of(pa.table(columns))
    assert all(isinstance(kind, pd.ArrowDtype) for kind in coded.dtypes)
    books = Codebook(), Codebook()
    tables = [book.fit(X) for book, X in zip(books, (train, coded), strict=True)]
    later = sample_edition.test
    for key in KEYS:
        of_text, of_codes = Grouping(key), Grouping(key)
        assert (of_text.fit(tables[0]) == of_codes.fit(tables[1])).all()
        later_groups = (
            grouping.find(book.find(later))
            for grouping, book in zip((of_text, of_codes), books, strict=True)
        )
        assert np.array_equal(*later_groups)
        for name in key:
            assert books[0].values(name) == books[1].values(name)
            assert books[0].values(name) == sorted(set(books[0].values(name)))
            assert "999999"[: {"Chapter": 2, "Heading": 4}.get(name)] not in books[1].values(name)


def test_many_columns_of_many_values_do_not_collide():
    # Six columns of 5,000 values: their product is far beyond 2^63.
    rng = np.random.default_rng(0)
    X = pd.DataFrame({f"c{i}": rng.permutation(5000) for i in range(6)})
    grouping = Grouping(list(X.columns))
    group = grouping.fit(X)
    assert grouping.n_groups == len(set(group)) == 5000
    assert (grouping.find(X.sample(frac=1, random_state=1).sort_index()) == group).all()
    other = X.assign(c5=np.roll(X["c5"].to_numpy(), 1))
    assert (grouping.find(other) == -1).all()


def test_risk_profile_of_a_row_does_not_know_its_label(sample_edition):
    train, y = sample_edition.train, sample_edition.y
    before = RiskProfiles(random_state=1).fit_transform(train, y)
    row = 17
    flipped = y.copy()
    flipped[row] = 1 - flipped[row]
    after = RiskProfiles(random_state=1).fit_transform(train, flipped)
    # its label moves the base rate of everybody a little, and nothing else of its own row
    assert after[row] == pytest.approx(before[row], abs=0.02)
    # ... while an importer with one declaration only has no history at all
    alone = ~train["Importer ID"].duplicated(keep=False).to_numpy()
    names = RiskProfiles().feature_names()
    assert (before[alone, names.index("evidence of Importer ID")] == 0).all()


def test_risk_profiles_of_noise_carry_no_signal(sample_edition):
    # Labels drawn at random: in-sample rates would correlate with them, out-of-fold ones must not.
    train = sample_edition.train
    correlations = []
    for seed in range(12):
        y = (np.random.default_rng(seed).random(len(train)) < 0.2).astype(np.int8)
        profile = RiskProfiles([("Importer ID",)], random_state=seed).fit_transform(train, y)
        correlations.append(np.corrcoef(profile[:, 0], y)[0, 1])
    assert abs(np.mean(correlations)) < 0.05


def test_risk_profiles_read_labelled_rows_only(sample_edition):
    train, y = sample_edition.train, sample_edition.y.copy()
    y[::3] = -1
    with_all = RiskProfiles(random_state=2).fit_transform(train, y)
    labelled = y >= 0
    only = RiskProfiles(random_state=2).fit_transform(
        train[labelled].reset_index(drop=True), y[labelled]
    )
    assert with_all[labelled] == pytest.approx(only)


def test_golden_risk_profile():
    # Importer A: 3 labelled, 2 fraud; base rate 2/4; m = 10: (2 + 10 * .5) / (3 + 10) = 7/13.
    days = pd.date_range("2020-01-01", periods=4)
    X = pd.DataFrame({"Importer ID": list("AAAB"), "Date": days, "Declaration ID": list("1234")})
    profiles = RiskProfiles([("Importer ID",)])
    profiles.fit_transform(X, np.array([1, 1, 0, 0], dtype=np.int8))
    profile = profiles.transform(X.head(2).assign(**{"Importer ID": ["A", "C"]}))
    assert profile[0] == pytest.approx([np.log(7 / 6), np.log(4)])
    assert profile[1] == pytest.approx([0.0, 0.0])  # unseen: the base rate, no evidence


def test_norm_leaves_the_row_itself_out(train):
    values = np.random.default_rng(0).normal(size=len(train))
    before = deviations_from_others(train, values)
    row = 5
    moved = values.copy()
    moved[row] += 100
    after = deviations_from_others(train, moved)
    # The row's own deviation grows by all of the 100 but what the overall mean takes.
    assert after[row] - before[row] == pytest.approx(100, abs=0.5)
