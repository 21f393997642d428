"""Synthetic declarations: what every model must return, and what must not be copied."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from customs_data.edition.loading import load_edition
from customs_data.edition.verification import verify_edition
from customs_data.errors import KitError
from customs_data.fidelity.quality import PUBLISHED
from customs_data.files.writing import write_table
from customs_data.parallel import processes
from customs_data.schema import COLUMN, COLUMNS, ENTITY_COLUMNS, KEY, LOOKUP_TUPLE
from customs_data.synthesis.encoding.coarse import Coarsening
from customs_data.synthesis.encoding.codec import Codec
from customs_data.synthesis.encoding.goods import GOODS_COLUMNS
from customs_data.synthesis.encoding.rounding import round_to_step, steps_of
from customs_data.synthesis.models import MODELS
from customs_data.synthesis.output import cut_periods, write_edition
from customs_data.synthesis.pipeline import synthesize
from customs_data.synthesis.read_source import read_source
from customs_data.synthesis.repeats import repeats_source
from customs_data.synthesis.settings import Settings
from customs_kit.cli import customs_kit
from customs_kit.commands.data import synthesize as data_synthesizing
from made_up import make_sample

SIX = list(LOOKUP_TUPLE)
PAIR = ["Importer ID", "Declarant ID"]


@pytest.fixture(scope="module")
def source(sample):
    return pd.concat(sample.values(), ignore_index=True)


@pytest.fixture(scope="module")
def drawn(source):
    return synthesize(source, Settings(seed=1))


def share_within(columns, rows, known):
    return pd.MultiIndex.from_frame(rows[columns]).isin(pd.MultiIndex.from_frame(known[columns]))


@pytest.mark.parametrize(
    "model",
    ["trees", "arf", "copula", "bootstrap", pytest.param("diffusion", marks=pytest.mark.slow)],
)
def test_every_model_gives_valid_declarations(source, model):
    epochs = 1 if model == "diffusion" else None
    rows = synthesize(source, Settings(model=model, rows=400, epochs=epochs))
    assert list(rows) == list(COLUMN)
    assert len(rows) == 400
    assert rows[KEY].is_unique
    assert rows["Date"].is_monotonic_increasing
    for column in COLUMNS:
        assert rows[column.name].dtype == column.dtype
        if column.role == "code":
            assert set(rows[column.name]) <= set(source[column.name])
        if column.role == "number":
            low, high = source[column.name].min(), source[column.name].max()
            assert rows[column.name].between(0, high).all(), (low, high)
        if column.role == "entity":
            assert not set(rows[column.name].dropna()) & set(source[column.name].dropna())
    # Product, route and tariff are drawn as one: no model can invent a combination.
    assert share_within(list(GOODS_COLUMNS), rows, source).all()
    assert not ((rows["Critical Fraud"] == 2) & (rows["Fraud"] == 0)).any()


def test_the_same_seed_gives_the_same_declarations(source, drawn):
    pd.testing.assert_frame_equal(drawn, synthesize(source, Settings(seed=1)))
    shuffled = source.sample(frac=1, random_state=0).reset_index(drop=True)
    pd.testing.assert_frame_equal(drawn, synthesize(shuffled, Settings(seed=1)))
    assert not drawn["Net Mass"].equals(synthesize(source, Settings(seed=2))["Net Mass"])


def test_nothing_is_copied(source, drawn):
    assert share_within(SIX, drawn, source).mean() <= 0.02
    assert drawn.duplicated(SIX).mean() <= 0.02
    assert not repeats_source(drawn, source).any()
    copied = synthesize(source, Settings(model="bootstrap"))
    assert share_within(SIX, copied, source).mean() > 0.5  # the same measure finds copies


def test_histories_survive(source, drawn):
    degrees = [np.sort(side["Importer ID"].value_counts()) for side in (source, drawn)]
    np.testing.assert_array_equal(*degrees)
    repeated = [side.duplicated(PAIR, keep=False).mean() for side in (source, drawn)]
    assert repeated[1] == pytest.approx(repeated[0], abs=0.03)
    independent = drawn.assign(
        **{PAIR[1]: drawn[PAIR[1]].sample(frac=1, random_state=0).to_numpy()}
    )
    assert independent.duplicated(PAIR, keep=False).mean() < repeated[0] - 0.1
    for name in ENTITY_COLUMNS:
        assert drawn[name].isna().mean() == pytest.approx(source[name].isna().mean(), abs=0.04)


@pytest.mark.parametrize("model", ["trees", "arf", "copula", "bootstrap"])
def test_labels_are_a_condition(source, model):
    rows = synthesize(source, Settings(model=model, rows=600, fraud_rate=0.6))
    assert rows["Fraud"].mean() == pytest.approx(0.6, abs=0.08)
    # What made a declaration risky still does: cheap goods (see tests/made_up.py).
    price = np.log1p(rows["Item Price"]) - np.log1p(rows["Net Mass"])
    if model in ("trees", "bootstrap"):
        assert price[rows["Fraud"] == 1].mean() < price[rows["Fraud"] == 0].mean()


def test_numbers_and_codes_come_back_as_they_were(source):
    codec = Codec.of(source, price_noise=0.0, rng=np.random.default_rng(0))
    rows = codec.encode(source)
    back = codec.decode(rows, np.random.default_rng(0))
    for name in (*GOODS_COLUMNS, "Office ID", "Payment Type", "Fraud", "Critical Fraud"):
        assert (back[name].to_numpy(object) == source[name].to_numpy(object)).all()
    np.testing.assert_allclose(back["Net Mass"], source["Net Mass"])
    np.testing.assert_allclose(back["Item Price"], source["Item Price"], rtol=0.01, atol=1)


def test_coarse_codes_lead_back_to_fine_ones_that_share_them(source):
    codec = Codec.of(source, price_noise=0.0, rng=np.random.default_rng(0))
    rows = codec.encode(source)
    coarsening = Coarsening().fit(rows)
    assert "Goods" not in coarsening.n_levels
    codes = coarsening.encode(rows)
    back = coarsening.decode(codes, rows.label, np.random.default_rng(0))
    again = coarsening.encode(type(rows)(rows.format, rows.label, back, rows.numbers))
    for name, column in codes.items():
        np.testing.assert_array_equal(again[name], column)


def test_rounding_keeps_the_step():
    values = np.array([19_000.0, 11_352.7, 0.3, 120.0])
    np.testing.assert_allclose(round_to_step(values, steps_of(values)), values)
    np.testing.assert_allclose(round_to_step(values * 1.013, steps_of(values))[0], 19_000.0)


def test_an_edition_of_synthetic_declarations_is_valid(drawn, tmp_path):
    write_edition(cut_periods(drawn), tmp_path / "made", Settings(seed=1), label_rate=0.5)
    assert all(check.passed for check in verify_edition(tmp_path / "made"))
    edition = load_edition(tmp_path / "made")
    assert edition.manifest.origin == "import"
    assert edition.manifest.configuration["synthesis"]["model"] == "trees"
    assert (edition.y >= 0).mean() == pytest.approx(0.5, abs=0.01)


def write(frame, path):
    frame.to_csv(path, index=False)
    return path


def test_a_source_is_read_and_cleaned(source, tmp_path):
    ten = source["HS6 Code"] + "0000"
    frame = source.assign(**{"HS10 Code": ten, "Name": "Jane Doe", "Process Type": "B"})
    file = write(frame.drop(columns="HS6 Code"), tmp_path / "ten.csv")
    read = read_source([file])
    assert read.declarations["HS10 Code"].tolist() == ten.tolist()
    assert read.declarations["HS6 Code"].tolist() == source["HS6 Code"].tolist()
    assert any("dropped columns Name" in note for note in read.notes)
    assert any("Constant" in note and "Process Type" in note for note in read.notes)
    rows = synthesize(read.declarations, Settings(rows=200))
    assert list(rows) == list(COLUMN)
    assert (rows["Process Type"] == "B").all()


def test_codes_seen_late_only_are_no_stumbling_block(source):
    late = source.sort_values("Date", ignore_index=True)
    late.loc[late.index[-30:], ["Office ID", "HS6 Code"]] = ["99", "999999"]
    rows = synthesize(late, Settings(splits=3))
    assert len(rows) == len(late)
    assert "99" in set(rows["Office ID"])
    day = rows.loc[rows["Office ID"] == "99", "Date"]
    assert day.min() >= late["Date"].iloc[-600]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.drop(columns=["Net Mass", "Fraud"]), "Missing columns: Net Mass, Fraud"),
        (lambda f: f.assign(**{"Office ID": "jane@example.org"}), "personal data"),
        (lambda f: f.assign(**{"Import Type": "02 1234-5678"}), "personal data"),
        (lambda f: f.assign(**{"Tax Type": "800101-1234567"}), "personal data"),
        (lambda f: f.assign(**{"Office ID": [f"O{i}" for i in range(len(f))]}), "distinct"),
    ],
)
def test_an_unusable_source_gets_a_clear_answer(source, tmp_path, change, says):
    with pytest.raises(KitError, match=says):
        read_source([write(change(source), tmp_path / "bad.csv")])


def test_ten_rows_are_too_few(source):
    with pytest.raises(KitError, match=r"has 10 labelled declarations, but .* need 100"):
        synthesize(source.head(10), Settings())
    with pytest.raises(KitError, match="fewer --splits"):
        synthesize(source, Settings(splits=20))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"model": "gpt"}, "Unknown model 'gpt': choose one of"),
        ({"epochs": 3}, "3 epochs of trees"),
        ({"paper_exact": True}, "uses ctgan, not trees"),
        ({"fraud_rate": 1.0}, "Fraud rate 1.0"),
        ({"rewired": 2.0}, "rewired share must be from 0 to 1"),
        ({"price_noise": float("nan")}, "Price noise nan"),
        ({"rows": 0}, "0 rows: choose 1 to"),
    ],
)
def test_unusable_settings_get_a_clear_answer(settings, says):
    with pytest.raises(KitError, match=says):
        Settings(**settings)


def test_a_missing_ctgan_is_reported(source, monkeypatch):
    monkeypatch.setitem(sys.modules, "ctgan", None)
    with pytest.raises(KitError, match=r"customs-kit\[ctgan\].*Business Source License"):
        synthesize(source, Settings(model="ctgan", rows=10))


@pytest.mark.slow
def test_workers_change_nothing(source):
    one = synthesize(source, Settings(splits=2))
    done = []
    with processes(2) as executor:
        two = synthesize(
            source,
            Settings(splits=2),
            executor=executor,
            on_progress=lambda part, share: done.append((part, share)),
        )
    pd.testing.assert_frame_equal(one, two)
    assert sorted(done) == [(0, 1.0), (1, 1.0)]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("model", "paper_exact"), [("ctgan", False), ("ctgan", True), ("tvae", False)]
)
def test_ctgan_and_tvae_run_end_to_end(source, tmp_path, model, paper_exact):
    pytest.importorskip("ctgan")
    rows = synthesize(source, Settings(model=model, epochs=2, rows=300, paper_exact=paper_exact))
    assert len(rows) == 300
    assert share_within(list(GOODS_COLUMNS), rows, source).all()
    if paper_exact:  # glued, masses can only be emitted again
        assert share_within(SIX, rows, source).all()
    write_table(rows, tmp_path / "rows.csv")
    assert len(read_source([tmp_path / "rows.csv"]).declarations) == 300


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_ctgan_on_three_thousand_rows_from_the_command_line_to_its_report(tmp_path):
    pytest.importorskip("ctgan")
    rows = pd.concat(make_sample(3000, seed=2).values(), ignore_index=True)
    write_table(rows, tmp_path / "source.csv")
    source, drawn, page = (str(tmp_path / name) for name in ("source.csv", "drawn.csv", "f.html"))
    for arguments in (
        ["synthesize", "--source", source, "--model", "ctgan", "--epochs", "2", "--out", drawn],
        ["fidelity", source, drawn, "--html", page],
    ):
        ended = CliRunner().invoke(customs_kit, ["data", *arguments])
        assert ended.exit_code == 0, ended.output
    assert len(read_source([tmp_path / "drawn.csv"]).declarations) == len(rows)
    report = (tmp_path / "f.html").read_text(encoding="utf-8")
    assert all(name in report for name in PUBLISHED)


def test_the_command_offers_every_model():
    assert set(data_synthesizing._MODELS) == set(MODELS)
