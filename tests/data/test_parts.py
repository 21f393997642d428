"""An edition in parts reads as the same edition in files, and damage names the part."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from pandas.testing import assert_frame_equal

from customs_data.describing.summary import summarize_edition
from customs_data.edition.hidden import (
    load_hidden,
    load_oracle,
    load_solution,
    load_train_labels,
)
from customs_data.edition.importing import import_edition
from customs_data.edition.layout import CROISSANT, Layout
from customs_data.edition.loading import load_edition
from customs_data.edition.reveal import place_reveal, read_reveal, verify_reveal, write_reveal
from customs_data.edition.verification import verify_edition
from customs_data.errors import KitError
from customs_data.fidelity.sides import read_side
from customs_data.files.atomic import copy_files
from customs_data.files.declarations import read_declarations
from customs_data.files.reading import ignored_columns, part_rows, read_header, read_table
from customs_data.season.arrivals import arrivals_of_edition
from customs_data.tasks import find_task

PART = "part-00003.parquet"


@pytest.fixture
def damaged(twins, tmp_path):
    """A copy of the edition in parts that a test may damage."""
    shutil.copytree(twins.parts, tmp_path / "twin")
    return tmp_path / "twin"


@pytest.fixture(scope="module")
def reveal(twins, tmp_path_factory):
    path = tmp_path_factory.mktemp("reveals") / "reveal.json.gz"
    write_reveal(twins.parts, path)
    return path


def failures(path):
    return {check.name for check in verify_edition(path) if not check.passed}


def test_all_tables_are_those_of_the_edition_in_files(twins):
    one, parts = map(load_edition, twins)
    assert_frame_equal(parts.train, one.train)
    assert_frame_equal(parts.labels, one.labels)
    assert_frame_equal(parts.test, one.test)
    assert_frame_equal(parts.sample_submission, one.sample_submission)
    for read in (
        load_solution,
        load_train_labels,
        load_oracle,
        lambda layout: load_hidden(layout, "truth"),
        lambda layout: load_hidden(layout, "networks"),
    ):
        assert_frame_equal(read(parts.layout), read(one.layout))
    assert summarize_edition(parts) == summarize_edition(one)
    assert_frame_equal(read_side(twins.parts).frame, read_side(twins.one).frame)
    assert_frame_equal(
        arrivals_of_edition(parts).declarations, arrivals_of_edition(one).declarations
    )


def test_both_are_valid(twins):
    assert [failures(path) for path in twins] == [set(), set()]


def test_a_table_in_parts_is_read_like_a_file(twins):
    one, parts = twins.one / "public/train.parquet", twins.parts / "public/train"
    columns = find_task().train_columns
    assert_frame_equal(
        read_declarations(parts, columns=columns), read_declarations(one, columns=columns)
    )
    assert read_header(parts) == read_header(one)
    assert ignored_columns(parts) == ()
    whole, single = read_table(parts), read_table(one)
    assert (whole.source, whole.header, whole.n_rows) == ("train", single.header, single.n_rows)
    assert whole.lines.tolist() == single.lines.tolist()
    assert (len(part_rows(parts)), sum(part_rows(parts))) == (12, single.n_rows)


def test_the_files_and_parts_of_a_folder_are_copied_and_no_other_folder(damaged, tmp_path):
    public = damaged / "public"
    shutil.move(damaged / "hidden", public / "hidden")  # a copy of public/ with hidden/ in it
    copy_files(public, tmp_path / "copy")
    copied = {path.relative_to(tmp_path / "copy").as_posix() for path in tmp_path.glob("copy/**/*")}
    assert {"train", "test", f"train/{PART}", "edition.json"} <= copied
    assert "hidden" not in copied
    assert_frame_equal(load_edition(tmp_path / "copy").train, load_edition(public).train)


def test_a_reveal_makes_it_again_in_parts(twins, reveal, tmp_path):
    shutil.copytree(twins.parts / "public", tmp_path / "e/public")
    checks = verify_reveal(tmp_path / "e", reveal)
    assert {check.name: check.passed for check in checks} == {
        "revealed labels": True,
        "regeneration": True,
    }
    place_reveal(read_reveal(reveal), tmp_path / "e", tmp_path / "copy", tmp_path / "solutions")
    again, first = (Layout.find(path) for path in (tmp_path / "copy", twins.parts))
    assert_frame_equal(load_solution(again), load_solution(first))
    assert_frame_equal(load_train_labels(again), load_train_labels(first))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows["solution"].append(1), "do not have its rows"),
        (lambda rows: rows["solution"].pop(), "do not have its rows"),
        (lambda rows: rows.update(solution=["7"]), "must count"),
        (lambda rows: rows.update(solution=[-1]), "must count"),
        (lambda rows: rows.update(train_labels=None), "must count"),
    ],
)
def test_the_rows_of_parts_in_a_reveal_must_add_up(twins, reveal, tmp_path, change, message):
    content = read_reveal(reveal)
    change(content["rows_of_parts"])
    (tmp_path / "r.json").write_text(json.dumps(content))
    with pytest.raises(KitError, match=message):
        verify_reveal(twins.parts, tmp_path / "r.json")


def test_other_parts_of_the_same_labels_are_not_those_committed_to(twins, reveal, tmp_path):
    content = read_reveal(reveal)
    rows = content["rows_of_parts"]["solution"]
    rows[0], rows[1] = rows[0] - 1, rows[1] + 1
    (tmp_path / "r.json").write_text(json.dumps(content))
    assert not verify_reveal(twins.parts, tmp_path / "r.json")[0].passed


def test_an_import_can_be_in_parts(sample, tmp_path):
    for file_format in ("csv", "parts"):
        import_edition(sample, tmp_path / file_format, label_rate=0.5, file_format=file_format)
    one, parts = (load_edition(tmp_path / name) for name in ("csv", "parts"))
    assert_frame_equal(parts.train, one.train)
    assert_frame_equal(load_train_labels(parts.layout), load_train_labels(one.layout))
    # The test periods are batches of their own.
    names = [path.name for path in sorted((tmp_path / "parts/public/test").iterdir())]
    assert names == ["part-00001.parquet", "part-00002.parquet"]
    assert failures(tmp_path / "parts") == set()


def test_a_problem_names_the_table_and_the_line_in_it(twins, tmp_path):
    shutil.copytree(twins.parts / "public/train", tmp_path / "train")
    rows = sum(part_rows(tmp_path / "train")[:2])
    edit(tmp_path / "train" / PART, lambda table: with_column(table, "Office ID", ""))
    with pytest.raises(KitError, match=rf"(?s)^train: .*{rows + 2:,}"):
        read_declarations(tmp_path / "train", columns=find_task().train_columns)


def edit(path, change):
    pyarrow.parquet.write_table(change(pyarrow.parquet.read_table(path)), path)


def with_column(table, name, value):
    place = table.column_names.index(name)
    return table.set_column(place, name, pa.array([value] * len(table)))


def remove(number):
    return lambda folder: (folder / f"part-{number:05d}.parquet").unlink()


def replace_by_another(folder):
    shutil.copyfile(folder / "part-00001.parquet", folder / PART)


def drop_a_row(folder):
    edit(folder / PART, lambda table: table.slice(1))


def move_a_row(folder):
    """The same rows in all, of which one is in another part."""
    first, second = (folder / f"part-0000{number}.parquet" for number in (2, 3))
    row = pyarrow.parquet.read_table(second).slice(0, 1)
    edit(first, lambda table: pa.concat_tables([table, row]))
    edit(second, lambda table: table.slice(1))


def add_one(folder):
    shutil.copyfile(folder / PART, folder / f"part-{len(list(folder.iterdir())) + 1:05d}.parquet")


def rename_a_column(folder):
    edit(
        folder / PART,
        lambda table: table.rename_columns(
            ["Office" if name == "Office ID" else name for name in table.column_names]
        ),
    )


def change_a_type(folder):
    edit(folder / PART, lambda table: with_column(table, "Net Mass", "1"))


def damage_one(folder):
    content = (folder / PART).read_bytes()
    (folder / PART).write_bytes(content[: len(content) // 2])


def empty_one(folder):
    (folder / PART).write_bytes(b"")


def put_a_file_beside(folder):
    shutil.copyfile(folder / PART, folder.parent / f"{folder.name}.parquet")


def put_a_csv_beside(folder):
    pd.read_parquet(folder / PART).to_csv(folder.parent / f"{folder.name}.csv", index=False)


def become_a_file(folder):
    pd.read_parquet(folder).to_parquet(folder.parent / f"{folder.name}.parquet")
    shutil.rmtree(folder)


def link_to_nothing(folder):
    (folder / PART).unlink()
    (folder / PART).symlink_to(folder / "nothing")


def empty_the_folder(folder):
    shutil.rmtree(folder)
    folder.mkdir()


def write_a_digit_more(folder):
    (folder / PART).rename(folder / "part-000003.parquet")


#: What happened to a table, and the sentence of it.
DAMAGE = [
    (remove(1), "train lacks part-00001.parquet, although it has part-00012.parquet."),
    (remove(3), "train lacks part-00003.parquet, although it has part-00012.parquet."),
    (remove(12), "it lacks part-00012.parquet."),
    (add_one, "edition.json does not name part-00013.parquet."),
    (drop_a_row, "the SHA-256 of part-00003.parquet is not that in edition.json."),
    (move_a_row, "the SHA-256 of part-00002.parquet, part-00003.parquet is not"),
    (rename_a_column, "has other columns than part-00001.parquet: Office, Office ID."),
    (change_a_type, "the SHA-256 of part-00003.parquet is not that in edition.json."),
    (damage_one, f"train/{PART} is a damaged Parquet file"),
    (empty_one, f"train/{PART} is a damaged Parquet file"),
    (put_a_file_beside, "contains the table train twice, as train.parquet and train."),
    (put_a_csv_beside, "contains the table train twice, as train.csv and train."),
    (become_a_file, "train.parquet is not the table of edition.json, which has 12 parts."),
    (link_to_nothing, f"{PART} cannot be read: No such file or directory."),
    (empty_the_folder, "contains neither train.csv nor train.parquet nor parts in train/."),
    (write_a_digit_more, "train lacks part-00003.parquet, although it has"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGE)
def test_damage_is_one_sentence(damaged, damage, message):
    shutil.rmtree(damaged / "hidden")
    damage(damaged / "public/train")
    with pytest.raises(KitError) as caught:
        load_edition(damaged)
    assert message in str(caught.value)


def test_types_of_parts_may_be_wider_than_others_but_not_of_another_kind(damaged):
    folder = damaged / "public/train"
    frame = pd.read_parquet(folder / PART)
    frame.astype({"Net Mass": "float32"}).to_parquet(folder / PART)  # also writes large strings
    assert read_table(folder).n_rows == sum(part_rows(folder))
    change_a_type(folder)
    with pytest.raises(KitError, match="train: Net Mass is of several types in its parts: double,"):
        read_table(folder)


def test_verifying_says_it_too(damaged):
    shutil.rmtree(damaged / "hidden")
    remove(3)(damaged / "public/train")
    drop_a_row(damaged / "public/test")
    failed = {
        check.name: check.explanation for check in verify_edition(damaged) if not check.passed
    }
    assert "lacks part-00003.parquet" in failed.pop("train: checksum and schema")
    assert "SHA-256 of part-00003.parquet" in failed.pop("test: checksum and schema")
    assert set(failed) == {CROISSANT}


def test_a_part_that_is_another_s_copy_is_found_by_its_rows(damaged):
    replace_by_another(damaged / "public/train")
    with pytest.raises(KitError, match=r"(?s)^train: .*Declaration ID"):
        load_edition(damaged)


@pytest.mark.parametrize(
    ("table", "damage", "failed"),
    [
        ("solution", remove(1), {"hidden tables"}),
        ("solution", remove(6), {"solution: rows and periods", "commitment"}),
        ("solution", move_a_row, {"commitment"}),
        ("solution", put_a_csv_beside, {"hidden tables"}),
        ("truth", remove(3), {"truth"}),
        ("truth", add_one, {"truth"}),
        ("truth", damage_one, {"truth"}),
    ],
)
def test_damage_of_hidden_parts_is_found(damaged, table, damage, failed):
    damage(damaged / "hidden" / table)
    assert Layout.find(damaged).has_hidden  # or nothing would guard it
    assert failures(damaged) == failed


def test_a_link_to_the_same_part_is_read(damaged, tmp_path):
    """As in the cache of a client that downloads, which links to files elsewhere."""
    part = damaged / "public/train" / PART
    part.rename(tmp_path / "blob")
    part.symlink_to(tmp_path / "blob")
    assert failures(damaged) == set()


def test_a_file_among_the_parts_is_unexpected(damaged):
    (damaged / "public/train/notes.txt").write_text("a left-over")
    load_edition(damaged)
    assert failures(damaged) == {"public/ contains nothing else"}


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["parts"].pop(),
        lambda record: record["parts"].append(record["parts"][0]),
        lambda record: record["parts"].reverse(),
        lambda record: record["parts"][0].update(rows=1),
        lambda record: record["parts"][0].update(sha256="0" * 64),
        lambda record: record.update(rows=record["rows"] + 1),
    ],
)
def test_parts_in_edition_json_must_add_up(damaged, change):
    path = damaged / "public/edition.json"
    content = json.loads(path.read_text())
    change(content["files"]["train"])
    path.write_text(json.dumps(content))
    with pytest.raises(KitError, match=r"is damaged \(parts of train\)"):
        load_edition(damaged)


@pytest.mark.parametrize("parts", [7, [7], [{"rows": 1}], {"a": 1}, [{"rows": 0, "sha256": "x"}]])
def test_parts_in_edition_json_must_be_parts(damaged, parts):
    path = damaged / "public/edition.json"
    content = json.loads(path.read_text())
    content["files"]["train"]["parts"] = parts
    path.write_text(json.dumps(content))
    with pytest.raises(KitError, match=r"edition\.json"):
        load_edition(damaged)
