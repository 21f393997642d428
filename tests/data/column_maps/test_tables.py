"""Exports of any delimiter and several sheets are read cell by cell as they were written."""

from __future__ import annotations

import gzip

import pandas as pd
import pytest

from customs_data.column_maps.column_map import FileLayout
from customs_data.column_maps.tables import read_export, tables_of
from customs_data.errors import KitError

ROWS = [["a,b;c", 'say "yes"', ""], ["1,5", "x\ny", ";"], ["plain", ",", "가"]]
HEADER = ["Name, full", "Remark; long", "Z"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("packed", [False, True])
def test_cells_survive_delimiters_quotes_and_encodings(delimiter, encoding, packed, tmp_path):
    text = pd.DataFrame(ROWS, columns=HEADER).to_csv(index=False, sep=delimiter)
    content = text.encode(encoding)
    path = tmp_path / "export.csv"
    path.write_bytes(gzip.compress(content) if packed else content)
    raw = read_export(path, FileLayout(encoding=encoding, delimiter=delimiter))
    assert list(raw.header) == HEADER
    assert [list(row) for row in zip(*(x.to_pylist() for x in raw.columns), strict=True)] == ROWS
    assert raw.lines.tolist() == [2, 3, 5]


def test_the_line_about_the_separator_counts(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"sep=;\r\nA;B\r\n1;2\r\n3;4;5\r\n")
    raw = read_export(tmp_path / "x.csv", FileLayout(delimiter=";"))
    assert raw.lines.tolist() == [3]
    assert raw.report.problems[0].lines.tolist() == [4]
    assert "line 4 has" in str(raw.report)


def test_sheets_and_rows_of_a_workbook(tmp_path):
    pytest.importorskip("openpyxl")
    path = tmp_path / "x.xlsx"
    with pd.ExcelWriter(path) as writer:
        for year in ("2020", "2021"):
            table = pd.DataFrame({"A": ["0071", year], "B": [1.5, 1000.0], "C": ["x", 2.25]})
            table.to_excel(writer, sheet_name=year, index=False)
        pd.DataFrame().to_excel(writer, sheet_name="empty", index=False)
    with pytest.raises(KitError, match="several filled sheets"):
        read_export(path, FileLayout())
    with pytest.raises(KitError, match="no filled sheet '2019'"):
        read_export(path, FileLayout(sheet="2019"))
    raw = read_export(path, FileLayout(sheet="2021", decimal=","))
    assert [x.to_pylist() for x in raw.columns] == [["0071", "2021"], [1.5, 1000.0], ["x", "2,25"]]


def test_a_folder_has_tables_only(tmp_path):
    with pytest.raises(KitError, match="contains no tables"):
        tables_of(tmp_path)
    for name in ("b.csv", "a.parquet", ".DS_Store", "~$a.xlsx"):
        (tmp_path / name).touch()
    assert [path.name for path in tables_of(tmp_path)] == ["a.parquet", "b.csv"]
    (tmp_path / "notes.docx").touch()
    with pytest.raises(KitError, match=r"notes\.docx, which is no table"):
        tables_of(tmp_path)
