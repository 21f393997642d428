"""croissant.json: the official library loads it, and it repeats the other public files."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from customs_data.edition.importing import import_edition
from customs_data.edition.layout import CROISSANT, DATASHEET
from customs_data.edition.loading import load_edition
from customs_data.edition.metadata.columns import public_columns
from customs_data.edition.verification import verify_edition
from made_up import make_sample

# The library has deprecated calls of rdflib and pandas.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated"),
    pytest.mark.filterwarnings("ignore:The inplace keyword"),
]

#: Recommended properties that only the organizer knows.
ABSENT = {"citeAs", "datePublished", "license"}
#: What its guesses change: a leading zero, and Namibia.
MENDED = {
    "HS6 Code": lambda cells: cells.str.zfill(6),
    "Country of Origin": lambda cells: cells.fillna("NA"),
}


@pytest.fixture(scope="module", params=["csv", "parquet", "parts"])
def edition(request, tmp_path_factory):
    """An edition of some declarations, half of their labels erased."""
    frames = make_sample(240, seed=2)
    # Texts that a reader may take for numbers or for "missing".
    frames["train"].loc[0, ["HS6 Code", "Country of Origin"]] = ["071080", "NA"]
    path = tmp_path_factory.mktemp("editions") / request.param
    import_edition(frames, path, label_rate=0.5, file_format=request.param)
    return load_edition(path)


@pytest.fixture(scope="module")
def dataset(edition):
    import mlcroissant

    return mlcroissant.Dataset(edition.layout.public / CROISSANT)


def its_check(path):
    return next(check for check in verify_edition(path) if check.name == CROISSANT)


def test_the_official_library_has_nothing_to_object_to(dataset, edition):
    issues = dataset.metadata.ctx.issues
    assert not issues.errors
    assert {warning.split('"')[1].rpartition("/")[2] for warning in issues.warnings} == ABSENT
    assert dataset.metadata.name == edition.manifest.name


def test_its_records_are_the_tables(dataset, edition):
    train = edition.train.join(edition.labels.mask(edition.labels < 0))
    for table, frame in {"train": train, "test": edition.test}.items():
        records = pd.DataFrame(dataset.records(table))
        assert list(records) == [f"{table}/{name.replace(' ', '_')}" for name in frame]
        for place, column in enumerate(
            public_columns(edition.task, edition.manifest.column_set)[table]
        ):
            read, expected = records.iloc[:, place], frame[column.name]
            if column.role not in ("time", "number", "label"):
                read = read.map(lambda cell: None if cell is None else cell.decode())
                if dataset.metadata.distribution[0].name.endswith(".csv"):
                    # The library guesses the types of a CSV file (see docs/KNOWN_ISSUES.md).
                    read = MENDED.get(column.name, lambda cells: cells)(read)
            assert read.isna().equals(expected.isna()), column.name
            assert (read.dropna() == expected.dropna()).all(), column.name


def test_it_says_what_the_datasheet_says(edition):
    public = edition.layout.public
    content = json.loads((public / CROISSANT).read_text(encoding="utf-8"))
    sheet = (public / DATASHEET).read_text(encoding="utf-8")
    prose = {
        name: text
        for name, text in content.items()
        if name == "description" or name.startswith("rai:")
    }
    own = ("rai:dataCollectionType", "rai:dataCollectionTimeFrame", "rai:dataAnnotationProtocol")
    assert len(prose) >= 9
    for name, text in prose.items():
        assert name in own or text in sheet, name
    for column in edition.task.label_columns:
        assert column.description in content["rai:dataAnnotationProtocol"]
    fields = {field["@id"]: field for set_ in content["recordSet"] for field in set_["field"]}
    assert fields["test/Net_Mass"]["description"] == "Mass without packing. (kg)"
    assert "test/Fraud" not in fields


def test_verifying_compares_it(edition):
    assert its_check(edition.layout.public).passed
    path = edition.layout.public / CROISSANT
    written = path.read_text(encoding="utf-8")
    try:
        path.write_text(written.replace("sc:Float", "sc:Text", 1), encoding="utf-8")
        assert not its_check(edition.layout.public).passed
        path.write_bytes(b"\xff")
        assert not its_check(edition.layout.public).passed
    finally:
        path.write_text(written, encoding="utf-8")


def test_an_edition_without_one_stays_valid(edition_copy):
    (edition_copy / "public" / CROISSANT).unlink()
    check = its_check(edition_copy)
    assert (check.passed, check.skipped) == (True, True)
    assert all(check.passed for check in verify_edition(edition_copy))


def test_that_of_another_release_is_not_judged(edition_copy, monkeypatch):
    monkeypatch.setattr("customs_data.edition.verification.version", lambda _: "99")
    assert its_check(edition_copy).skipped
