"""The source of a profile: which columns it has is told by headers and edition.json alone."""

from __future__ import annotations

import pytest

from absent_columns import EXTRA, make_lacking
from customs_data.calibration.sources import find_source, read_declared
from customs_data.errors import InvalidDeclarationsError, KitError
from customs_data.files.writing import write_table
from customs_data.private_profile.contributions import read_frames

LACKS = ("Office ID", "Net Mass")


@pytest.fixture(scope="module")
def lacking_edition(tmp_path_factory):
    path = tmp_path_factory.mktemp("sources") / "lacking"
    make_lacking(path, LACKS)
    return path


@pytest.fixture(scope="module")
def lacking_file(traders, tmp_path_factory):
    path = tmp_path_factory.mktemp("sources") / "declarations.csv"
    write_table(traders.drop(columns=list(LACKS)), path)
    return path


def test_an_edition_has_the_columns_that_its_manifest_names(lacking_edition):
    source = find_source([lacking_edition])
    assert [file.stem for file in source.files] == ["train", "test"]
    assert source.columns.absent == LACKS
    assert source.columns.extra == EXTRA
    assert find_source([lacking_edition / "public"]).columns == source.columns
    for frames in (
        [read_declared(file, source.columns) for file in source.files],
        list(read_frames(source.files, source.columns)),
    ):
        assert sum(map(len, frames)) == 400
        for frame in frames:
            assert not {*LACKS, "Fraud"} & {*frame}
            assert {*EXTRA, "HS6 Code"} <= {*frame}


def test_a_file_lacks_what_its_header_lacks(lacking_file):
    source = find_source([lacking_file])
    assert source.columns.absent == LACKS
    assert not source.columns.extra
    (frame,) = read_frames(source.files, source.columns)
    assert not {*LACKS} & {*frame}


def test_cells_do_not_decide_what_is_absent(lacking_edition):
    """Otherwise one importer's only cell would, and no noise would hide it."""
    train = lacking_edition / "public" / "train.csv"
    assert find_source([train]).columns.absent == ()
    for read in (read_declared, lambda file, columns: next(read_frames([file], columns))):
        with pytest.raises(InvalidDeclarationsError) as error:
            read(train, find_source([train]).columns)
        assert "leave it out of the file, or profile the folder of an edition" in str(error.value)
        assert "Only the folder of an edition has extra columns" in str(error.value)


def test_of_a_task_that_withholds_columns_only_training_declarations_count(tmp_path):
    from customs_data.edition.generating import generate_edition, read_blueprint
    from customs_data.keyed_random import secret_of_seed

    blueprint = read_blueprint(task="hs6", n_declarations=500)
    secret = secret_of_seed(1)
    generate_edition(blueprint, secret, tmp_path / "hs6", origin="published-seed", seed=1)
    assert [file.stem for file in find_source([tmp_path / "hs6"]).files] == ["train"]


def test_files_of_one_source_have_the_same_columns(traders, lacking_file, tmp_path):
    write_table(traders, tmp_path / "whole.csv")
    with pytest.raises(KitError, match=r"whole.csv and declarations.csv \(absent: Office ID, Net"):
        find_source([lacking_file, tmp_path / "whole.csv"])


@pytest.mark.parametrize(
    ("dropped", "message"),
    [
        (["Declarant ID", "Importer ID", "Seller ID", "Courier ID"], "lacks one of Declarant ID"),
        (["Net Mass", "Item Price"], "lacks Net Mass or Item Price"),
        (["HS6 Code"], "lacks HS6 Code"),
        (["Date"], "lacks Date"),
    ],
)
def test_what_no_profile_can_do_without_is_one_sentence(traders, tmp_path, dropped, message):
    write_table(traders.drop(columns=dropped), tmp_path / "few.csv")
    with pytest.raises(KitError, match=message) as error:
        find_source([tmp_path / "few.csv"])
    assert "\n" not in str(error.value)


def test_a_misspelled_column_is_no_absent_one(traders, tmp_path):
    write_table(traders.rename(columns={"Net Mass": "net_mass"}), tmp_path / "spelled.csv")
    source = find_source([tmp_path / "spelled.csv"])
    with pytest.raises(InvalidDeclarationsError, match=r"'net_mass' .rename it to Net Mass."):
        read_declared(source.files[0], source.columns)


def test_a_folder_that_is_no_edition_is_refused(tmp_path):
    with pytest.raises(KitError, match="is a folder, but no edition"):
        find_source([tmp_path])
