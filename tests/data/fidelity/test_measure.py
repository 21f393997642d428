"""What must hold of every report: the best value for twins, no eye for order, no blindness."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from customs_data.errors import InvalidDeclarationsError, KitError
from customs_data.fidelity.comparison import compare
from customs_data.fidelity.judges.label_information import judge_label_information
from customs_data.fidelity.judges.privacy import judge_privacy
from customs_data.fidelity.judges.two_sample import JUDGED, judge_two_sample
from customs_data.fidelity.measure import measure_fidelity
from customs_data.fidelity.quality import PUBLISHED, measure_quality
from customs_data.fidelity.sides import Side, read_side
from customs_data.files.writing import write_table
from customs_scorer.fidelity_judges import JUDGES
from made_up import make_sample


def one_table(n=1200, seed=5):
    return pd.concat(make_sample(n, seed).values(), ignore_index=True)


@pytest.fixture(scope="module")
def source():
    return Side("source", one_table())


def shuffled(table, seed=0):
    return Side(table.name, table.frame.sample(frac=1, random_state=seed, ignore_index=True))


def column_by_column(table):
    rng = np.random.default_rng(0)
    frame = table.frame.copy()
    for name in frame:
        frame[name] = frame[name].iloc[rng.permutation(len(frame))].array
    return Side("column by column", frame)


@pytest.fixture(scope="module")
def twin_report(source):
    return measure_fidelity(source, source, more=JUDGES)


@pytest.fixture(scope="module")
def broken_report(source):
    return measure_fidelity(source, column_by_column(source), more=JUDGES)


@pytest.mark.training
@pytest.mark.parametrize("name", PUBLISHED)
def test_identical_tables_give_each_metrics_best_value(twin_report, name):
    # Of rows, none is new: that metric is best at 1 and worst here.
    assert twin_report.score(name) == (0 if name == "new-row synthesis" else pytest.approx(1))


def test_identical_tables_cannot_be_told_apart(twin_report):
    for finding in twin_report.judgement("two-sample test").findings:
        assert finding.synthetic <= 0.52


@pytest.mark.parametrize("judge", ["entity structure", "label information", "look-up"])
def test_identical_tables_are_judged_alike(twin_report, judge):
    judgement = twin_report.judgement(judge)
    assert judgement.findings
    for finding in judgement.findings:
        assert finding.synthetic == pytest.approx(finding.source), finding.name


def test_identical_tables_are_valid_copied_and_near(twin_report):
    assert {f.synthetic for f in twin_report.judgement("combinations of codes").findings} == {1}
    privacy = twin_report.judgement("privacy")
    assert privacy.value("AUC of being nearer than the source's own rows") > 0.6
    assert "has not used" in privacy.sentences[0]


def test_the_order_of_rows_changes_nothing(source):
    plain = measure_quality(compare(source, column_by_column(source)))
    again = measure_quality(compare(source, shuffled(column_by_column(source))))
    for score, other in zip(plain, again, strict=True):
        assert score.value == pytest.approx(other.value, abs=1e-12)
        assert score.with_ids == pytest.approx(other.with_ids, abs=1e-12)
        assert score.parts == pytest.approx(other.parts, abs=1e-12)


@pytest.mark.training
def test_a_table_shuffled_column_by_column_fools_table_2_and_not_the_two_sample_test(
    broken_report,
):
    for name in ("KS complement", "TV complement", "range coverage", "category coverage"):
        assert broken_report.score(name) == pytest.approx(1)
    judgement = broken_report.judgement("two-sample test")
    assert judgement.value(JUDGED) > 0.75
    assert judgement.value("AUC with derived features") > 0.9
    # Rate goes with goods in the source, price with goods and mass.
    named = " ".join(judgement.sentences)
    assert "Tax Rate with HS6 Code" in named
    assert "unit price" in named


def test_the_other_judges_see_it_too(broken_report):
    valid = broken_report.judgement("combinations of codes")
    assert valid.value("valid (HS6, origin, rate, type)") < 0.5
    entities = broken_report.judgement("entity structure")
    pairs = next(f for f in entities.findings if f.name == "repeated importer-declarant pairs")
    assert pairs.synthetic < pairs.source - 0.1
    labels = {f.name: f for f in broken_report.judgement("label information").findings}
    assert labels["Importer ID"].source > 0.55 > labels["Importer ID"].synthetic


def test_the_reference_has_the_size_of_what_it_is_compared_with(source):
    few = measure_quality(compare(source, source, rows=100))
    assert {score.reference.n_rows for score in few} == {100}
    # All rows are compared: two halves without a common row have half of them each.
    for halves, beside in compare(source, source).half_splits(2):
        assert halves.n_rows == beside.n_rows == len(halves.synthetic) == len(beside.synthetic)
        assert halves.n_rows == 600
        both = [set(side["Declaration ID"]) for side in (halves.source, halves.synthetic)]
        assert not both[0] & both[1]
        assert halves.source.equals(beside.source)


def test_a_table_as_good_as_the_source_scores_like_the_reference():
    whole = one_table(2400).sample(frac=1, random_state=0, ignore_index=True)
    first, second = (
        Side(name, whole[part].reset_index(drop=True))
        for name, part in (("a", slice(0, 1200)), ("b", slice(1200, None)))
    )
    wrong = Side("wrong", second.frame.assign(**{"Tax Type": "A", "Office ID": "20"}))
    fair, unfair = (
        {score.name: score for score in measure_quality(compare(first, table))}
        for table in (second, wrong)
    )
    for name, score in fair.items():
        reference = score.reference
        spread = max(reference.high - reference.low, 0.005)
        assert reference.low <= reference.mean <= reference.high
        assert reference.low - spread <= reference.score <= reference.high + spread, name
    tv = fair["TV complement"]
    assert tv.reference.low <= tv.reference.score <= tv.reference.high
    # Not at its own size, because the metric rises with the number of rows.
    assert tv.value > tv.reference.high
    bad = unfair["TV complement"].reference
    assert bad.score < bad.low - 0.05


def test_dates_are_dates_in_words(source):
    later = source.frame.assign(Date=source.frame["Date"] + pd.Timedelta(days=120))
    judgement = judge_two_sample(compare(source, Side("later", later)))
    sentence = next(line for line in judgement.sentences if line.startswith("Date (AUC"))
    median = source.frame["Date"].quantile(0.5)
    assert f"half before {median:%Y-%m-%d} (synthetic: {later['Date'].quantile(0.5):%Y-%m-%d})" in (
        sentence
    )
    # Days since 1970 are numbers of five digits, such as 18,289.
    assert not re.search(r"Date [^.;]*\b1[89],?\d{3}\b", " ".join(judgement.sentences))
    pair = next(line for line in judgement.sentences if " with " in line and "Date 20" in line)
    assert re.search(r"Date \d{4}-\d\d-\d\d \.\. \d{4}-\d\d-\d\d", pair)


def test_a_copied_source_is_a_look_up_table(source):
    early = source.frame[source.frame["Date"] < "2020-12-01"]
    later = early.assign(Date=early["Date"] + pd.Timedelta(days=200))
    twice = Side("twice", pd.concat([early, later], ignore_index=True))
    findings = {f.name: f for f in JUDGES[0](compare(source, twice)).findings}
    assert findings["six-tuple look-up, precision@5 %"].synthetic > 0.95
    assert findings["tuples copied between periods"].synthetic > 0.95


def test_training_on_synthetic_declarations_is_worth_what_their_labels_are(source):
    goods = source.frame["HS6 Code"].isin(["950300", "610910", "640399"])
    real = Side("real", source.frame.assign(Fraud=goods.astype("int8")))
    wrong = Side("wrong", source.frame.assign(Fraud=(~goods).astype("int8")))
    findings = {f.name: f for f in JUDGES[1](compare(real, real)).findings}
    # All of the k frauds on top are among them; of three goods in ten, many more than k.
    assert findings["precision@5 % on the source"].synthetic == 1
    assert findings["AUC on the source"].synthetic == pytest.approx(1)
    findings = {f.name: f for f in JUDGES[1](compare(real, wrong)).findings}
    assert findings["precision@5 % on the source"].source == 1
    assert findings["precision@5 % on the source"].synthetic == 0
    assert findings["AUC on the source"].synthetic == pytest.approx(0)


def test_membership_is_inferred_from_copies(source):
    rows = np.arange(len(source.frame))
    seen, unseen = (
        Side(name, source.frame[rows % 2 == side].reset_index(drop=True))
        for side, name in enumerate(("seen", "unseen"))
    )
    other = Side("other", one_table(600, seed=8))
    inferred = [
        judge_privacy(compare(seen, made), unseen.frame).value("membership inference, AUC")
        for made in (seen, other)
    ]
    assert inferred[0] > 0.95
    assert inferred[1] == pytest.approx(0.5, abs=0.06)


@pytest.mark.training
def test_the_same_seed_gives_the_same_report(source):
    other = Side("other", one_table(900, seed=6))
    reports = [measure_fidelity(source, other, rows=100, seed=4).as_dict() for _ in range(2)]
    assert reports[0] == reports[1]
    assert reports[0]["n_compared"] == 100
    assert "drawn at random" in reports[0]["notes"][0]


def test_ten_rows_get_table_2_and_reasons(source):
    ten = Side("ten", source.frame.head(10))
    report = measure_fidelity(ten, source, more=JUDGES)
    assert report.comparison.n_rows == 10
    assert report.score("KS complement") is not None
    for judge in ("two-sample test", "label information", "look-up", "usefulness", "privacy"):
        assert "Needs" in report.judgement(judge).sentences[0]


def test_a_constant_number_and_missing_columns_are_left_out_and_said(source):
    constant = Side("constant", source.frame.assign(**{"Tax Rate": 8.0}))
    fewer = Side("fewer", source.frame.drop(columns=["Office ID", "Fraud", "Critical Fraud"]))
    pair = compare(constant, fewer)
    notes = " ".join(pair.notes)
    assert "Constant in the source, so without correlation and range coverage: Tax Rate." in notes
    assert "Left out, as fewer lacks them: Office ID, Fraud, Critical Fraud." in notes
    coverage = next(s for s in measure_quality(pair) if s.name == "range coverage")
    assert set(coverage.parts) == {"Date", "Net Mass", "Item Price"}
    assert "Fraud" in judge_label_information(pair).sentences[0]


@pytest.mark.training
def test_codes_that_the_source_does_not_have_are_named(source):
    strange = source.frame.copy()
    strange.loc[::2, "Tax Type"] = "NEW"
    judgement = judge_two_sample(compare(source, Side("strange", strange)))
    sentence = next(line for line in judgement.sentences if line.startswith("Tax Type"))
    assert "NEW is 0.0% of the source, 50.0% of the synthetic table" in sentence
    assert "has values that the source lacks" in sentence


def test_erased_labels_leave_labels_out_of_table_2_only(source):
    frame = source.frame.copy()
    frame.loc[::3, ["Fraud", "Critical Fraud"]] = -1
    pair = compare(source, Side("erased", frame))
    assert "Fraud" not in pair.categorical
    assert any("Labels are left out" in note for note in pair.notes)
    assert judge_label_information(pair).findings


def test_sides_are_files_folders_lists_and_editions(source, sample_path, tmp_path):
    for part in (0, 1):
        write_table(source.frame.iloc[part::2], tmp_path / f"part{part}.csv")
    folder = read_side(tmp_path)
    listed = read_side(f"{tmp_path}/part0.csv,{tmp_path}/part1.csv")
    assert len(folder.frame) == len(listed.frame) == len(source.frame)
    pd.testing.assert_frame_equal(folder.frame, listed.frame)
    edition = read_side(sample_path)
    assert len(edition.frame) == 1500
    assert edition.is_labelled
    assert not read_side(sample_path / "public").is_labelled


def test_what_cannot_be_compared_gets_an_answer(source, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(KitError, match="is not an edition and contains no CSV or Parquet files"):
        read_side(tmp_path / "empty")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(KitError, match="has 0 of the 22 columns of declarations"):
        read_side(tmp_path / "other.csv")
    write_table(source.frame.head(3), tmp_path / "bad.csv")
    text = (tmp_path / "bad.csv").read_text()
    (tmp_path / "bad.csv").write_text(text.replace(source.frame["HS6 Code"][0], "8504401010"))
    with pytest.raises(InvalidDeclarationsError, match="HS6 Code must be six digits"):
        read_side(tmp_path / "bad.csv")
    with pytest.raises(KitError, match="Two that are neither key nor entity are needed"):
        compare(Side("a", source.frame[["Date", "Net Mass"]]), Side("b", source.frame[["Date"]]))
    with pytest.raises(KitError, match="Too few declarations to compare: 1"):
        compare(Side("one", source.frame.head(1)), source)
    with pytest.raises(KitError, match="lacks columns that are compared: HS6 Code"):
        measure_fidelity(
            source, source, held_out=Side("less", source.frame.drop(columns="HS6 Code"))
        )
