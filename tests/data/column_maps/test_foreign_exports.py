"""Each office's export is drafted, corrected in at most three lines, and read as the clean file."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from click.testing import CliRunner

from customs_data.files.writing import write_table
from customs_kit.cli import customs_kit
from foreign_exports import DATES, OFFICES, clean_declarations

CLEAN = clean_declarations()
FILES = ("public/train.csv", "public/test.csv", "hidden/solution.csv")
KEY = "Declaration ID"


def run(*arguments: object):
    return CliRunner().invoke(customs_kit, [str(argument) for argument in arguments])


def imported(folder, *arguments):
    result = run("data", "import", *arguments, *DATES, "--out", folder)
    assert result.exit_code == 0, result.output
    return {name: pd.read_csv(folder / name, dtype=str) for name in FILES}


def in_order(frame):
    """Rows by content without their IDs, which items of a declaration get anew."""
    plain = frame.drop(columns=KEY)
    return plain.sort_values(list(plain), ignore_index=True)


def mapped_import(office, clean, folder):
    """Draft a map, correct it as the office does, and import with it."""
    export = OFFICES[office].write(clean, folder)
    drafted = run("data", "import", export, "--suggest")
    assert drafted.exit_code == 0, drafted.output
    text = drafted.stdout
    corrections = OFFICES[office].corrections
    assert len(corrections) <= 3
    for pattern, line in corrections:
        text, n = re.subn(f"^{pattern}$", line, text, flags=re.MULTILINE)
        assert n == 1, drafted.stdout
    (folder / "map.toml").write_text(text, encoding="utf-8")
    return imported(folder / "foreign", export, "--columns", folder / "map.toml")


@pytest.mark.slow
@pytest.mark.parametrize("office", OFFICES)
def test_a_run_on_an_imported_edition_ends_with_a_table(office, tmp_path):
    mapped_import(office, CLEAN, tmp_path)
    arguments = ["logistic_regression", "lookup", "--edition", tmp_path / "foreign"]
    result = run("baseline", "run", *arguments, "--out", tmp_path / "runs")
    assert result.exit_code == 0, result.output
    assert "precision@5 %" in result.output


@pytest.mark.parametrize("office", OFFICES)
def test_import_gives_the_rows_of_the_clean_file(office, tmp_path):
    if office == "workbook":
        pytest.importorskip("openpyxl")
    clean = CLEAN.copy()
    if office == "workbook":  # has no couriers
        clean.loc[:, "Courier ID"] = None
    write_table(clean, tmp_path / "clean.csv")
    expected = imported(tmp_path / "clean", tmp_path / "clean.csv")
    result = mapped_import(office, clean, tmp_path)
    for name in FILES:
        if office != "Colombian":
            pd.testing.assert_frame_equal(result[name], expected[name])
            continue
        pd.testing.assert_frame_equal(in_order(result[name]), in_order(expected[name]))
        assert result[name][KEY].str.fullmatch("[0-9]{8}").all()
        assert result[name][KEY].is_unique
