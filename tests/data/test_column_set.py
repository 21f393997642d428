"""Absent and extra columns in files, manifests, audits and comparisons."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from absent_columns import EXTRA, lacking, make_lacking, with_extra
from customs_data.columns.column_set import ColumnSet, is_absent, suitable_name
from customs_data.columns.mapped_frames import map_frames
from customs_data.edition.importing import import_edition
from customs_data.edition.loading import load_edition
from customs_data.edition.verification import verify_edition
from customs_data.errors import KitError
from customs_data.fidelity.sides import read_side
from customs_data.lookup import LookupTable
from customs_data.schema import DECLARED_COLUMNS
from customs_data.season.duty import declared_duty
from customs_scorer.audit.report import audit_edition

ABSENT = ("Importer ID", "Courier ID", "Tax Rate", "Net Mass")


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    return make_lacking(tmp_path_factory.mktemp("lacking") / "edition", ABSENT, n=900)


@pytest.mark.parametrize(
    ("absent", "extra", "message"),
    [
        (("Date",), {}, "Date must not be absent. The least that an edition needs is"),
        (("Net Mass", "Item Price"), {}, "Net Mass or Item Price must not be absent"),
        (("Fraud",), {}, "'Fraud' is no declared column, so it cannot be absent"),
        ((), {"Fraud": "number"}, "'Fraud' is a column of the kit"),
        ((), {"Lane": "text"}, "is of type 'text': choose number or category"),
        ((), {"Lane\n": "category"}, "does not suit an extra column"),
        ((), {"9 lives": "number"}, "does not suit an extra column"),
    ],
)
def test_what_an_edition_cannot_have(absent, extra, message):
    with pytest.raises(KitError, match=message):
        ColumnSet(absent, extra)


@pytest.mark.parametrize("taken", ["Chapter", "usage", "Fraud Score", "True HS6 Code"])
def test_names_that_the_kit_uses(taken, sample, tmp_path):
    with pytest.raises(KitError, match="An extra column must not be named"):
        import_edition(sample, tmp_path / "x", columns=ColumnSet(extra={taken: "number"}))


def test_names_from_files_suit():
    for name in ("2. Peso bruto [kg]", "=SUM(A1)", "통관 경로", "a" * 99, "7", "  x\t"):
        ColumnSet(extra={suitable_name(name): "number"})


def test_an_edition_without_such_columns_says_nothing_of_them(sample_path):
    manifest = json.loads((sample_path / "public/edition.json").read_text())
    assert not {"absent", "extra"} & {*manifest}
    assert load_edition(sample_path).manifest.column_set == ColumnSet()


def test_formats_have_one_checksum_and_parts_are_mapped(edition, tmp_path):
    frames = {"train": edition.train.assign(**edition.labels)}
    solution = pd.read_csv(edition.layout.hidden / "solution.csv", dtype={"Declaration ID": str})
    test = edition.test.assign(
        **{name: solution[name].astype("int8") for name in ("Fraud", "Critical Fraud")}
    )
    for period in ("public", "private"):
        frames[period] = test[edition.test_period == period].reset_index(drop=True)
    columns = edition.manifest.column_set
    import_edition(frames, tmp_path / "again", columns=columns, file_format="parquet")
    again = load_edition(tmp_path / "again")
    assert again.manifest.files == edition.manifest.files
    pd.testing.assert_frame_equal(again.train, edition.train)
    pd.testing.assert_frame_equal(
        map_frames([again.test.iloc[:50], again.test.iloc[50:]]), edition.test
    )
    assert all(check.passed for check in verify_edition(tmp_path / "again"))


def test_the_audit_says_what_it_cannot_test_and_finds_a_column_that_knows_the_label(edition):
    report = audit_edition(edition)
    skipped = {test.name: test.reason for test in report.skipped}
    assert skipped["exact Net Mass look-up"] == "The edition lacks Net Mass."
    assert skipped["future of the Importer ID"] == "The edition lacks Importer ID."
    tests = {test.name: test for test in report.tests}
    assert tests["extra column Gross Mass alone"].passed  # an AUC of about .76
    assert "extra column Channel alone" in tests
    assert [it["name"] for it in report.as_dict()["skipped"]] == [*skipped]
    assert "The edition lacks Net Mass." in report.to_html()


def test_twins_duty_and_comparison_leave_absent_columns_out(edition):
    table = LookupTable(edition.train, edition.y)
    known, _ = table.twins(edition.train)
    assert (known > 0).all()  # by the other columns of the tuple
    assert declared_duty(edition.train).tolist() == (edition.train["Item Price"] / 100).tolist()
    side = read_side(edition.layout.public.parent)
    assert not {*ABSENT, *EXTRA} & {*side.frame}


def test_a_column_is_absent_only_if_every_row_is_empty(sample):
    frame = with_extra(lacking(sample["train"], ["Seller ID"]))
    assert is_absent(frame["Seller ID"])
    assert not is_absent(sample["train"]["Courier ID"])
    assert not is_absent(frame["Seller ID"].head(0))
    assert [name for name in DECLARED_COLUMNS if is_absent(frame[name])] == ["Seller ID"]
