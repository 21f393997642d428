from __future__ import annotations

import gzip

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from customs_data.errors import InvalidDeclarationsError, KitError
from customs_data.files.cells import matches_in_full, to_mask
from customs_data.files.csv_parsing import parse_csv
from customs_data.files.declarations import read_declarations
from customs_data.files.headers import header_problems
from customs_data.files.reading import read_header, read_table
from customs_data.files.writing import csv_chunks, table_sha256, write_table
from customs_data.schema import TEXT_PATTERN


@pytest.fixture
def csv_file(sample, tmp_path):
    write_table(sample["train"], tmp_path / "train.csv")
    return tmp_path / "train.csv"


def test_csv_reads_back_to_the_same_frame(sample, csv_file):
    assert_frame_equal(read_declarations(csv_file), sample["train"])


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda content: b"\xef\xbb\xbf" + content,
        gzip.compress,
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: content.rstrip(b"\n"),
    ],
    ids=["bom", "gzip", "windows line ends", "no last line end"],
)
def test_harmless_rewritings_change_nothing(sample, csv_file, rewrite):
    csv_file.write_bytes(rewrite(csv_file.read_bytes()))
    assert_frame_equal(read_declarations(csv_file), sample["train"])


def test_parquet_and_csv_hold_the_same(sample, tmp_path):
    frame = sample["train"].copy()
    frame.loc[:9, ["Fraud", "Critical Fraud"]] = -1
    sums = {write_table(frame, tmp_path / "table", kind) for kind in ("csv", "parquet")}
    assert sums == {table_sha256(frame)}
    for suffix in ("csv", "parquet"):
        assert_frame_equal(read_declarations(tmp_path / f"table.{suffix}"), frame)


def test_canonical_stream_does_not_depend_on_chunks(sample, monkeypatch):
    whole = b"".join(csv_chunks(sample["train"]))
    monkeypatch.setattr("customs_data.files.canonical_csv._CHUNK_ROWS", 7)
    assert b"".join(csv_chunks(sample["train"])) == whole


def test_lines_of_another_width_are_named_with_their_number():
    raw = parse_csv(b"a,b\n1,2\n3\n4,5\n6,7,8\n9,10\n", source="x.csv")
    assert raw.columns[0].to_pylist() == ["1", "4", "9"]
    assert raw.lines.tolist() == [2, 4, 6]
    assert "line 3 has '1 cells'; line 5 has '3 cells'" in str(raw.report)


def test_problems_after_a_ragged_line_keep_their_line_number(sample, tmp_path):
    lines = b"".join(csv_chunks(sample["train"].head(5))).splitlines(keepends=True)
    lines[2] = b"too,short\n"
    lines[4] = lines[4].replace(b"2020-", b"2020/")
    (tmp_path / "x.csv").write_bytes(b"".join(lines))
    with pytest.raises(InvalidDeclarationsError, match=r"line 5 has '2020/") as caught:
        read_declarations(tmp_path / "x.csv")
    assert "line 3 has '2 cells'" in str(caught.value)


def test_the_header_is_read_alone_and_faults_are_told(sample, csv_file, tmp_path):
    header = tuple(sample["train"].columns)
    assert read_header(csv_file) == header
    sample["train"].to_parquet(tmp_path / "t.parquet")
    assert read_header(tmp_path / "t.parquet") == header
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"\xef\xbb\xbfa,b\r\n1,2\r\n"))
    assert read_header(tmp_path / "t.csv.gz") == ("a", "b")
    for content, complaint in (
        (gzip.compress(b"a,b\n1,2\n")[:12], "damaged gzip"),
        (b"PAR1 and nothing else", "damaged Parquet"),
        (b"\xff\xfea,b", "UTF-16"),
    ):
        (tmp_path / "broken").write_bytes(content)
        with pytest.raises(KitError, match=complaint):
            read_header(tmp_path / "broken")
    with pytest.raises(KitError, match=r"No such file: .*nothing\.csv"):
        read_header(tmp_path / "nothing.csv")
    with pytest.raises(KitError, match="is a folder"):
        read_header(tmp_path)


def test_a_gzip_bomb_stops_at_the_cap(tmp_path):
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"a\n" + b"1\n" * 2_000_000))
    with pytest.raises(KitError, match="larger than the limit of 1,000,000 bytes"):
        read_table(path, max_bytes=1_000_000)


def test_every_kind_of_problem_comes_in_one_report(sample, tmp_path):
    frame = sample["train"].head(20).astype(object)
    frame["Date"] = sample["train"]["Date"].dt.strftime("%Y-%m-%d")
    frame.loc[3, "Net Mass"] = -1.0
    frame.loc[4, "HS6 Code"] = "1234"
    frame.loc[5, "Fraud"], frame.loc[5, "Critical Fraud"] = 0, 2
    frame.loc[7, "Declaration ID"] = frame.loc[6, "Declaration ID"]
    frame.loc[8, "Importer ID"] = None
    frame.loc[9, "Date"] = "2020-02-30"
    frame = frame.drop(columns="Office ID").assign(Extra=1)
    frame.to_csv(tmp_path / "x.csv", index=False)
    with pytest.raises(InvalidDeclarationsError) as caught:
        read_declarations(tmp_path / "x.csv")
    report = str(caught.value)
    for expected in (
        "Missing columns: Office ID",
        "Unknown columns: 'Extra'",
        "Net Mass (kg) must be a number from 0 to 1e+15, but line 5 has '-1.0'",
        "HS6 Code must be six digits",
        "line 6 has '1234'",
        "Critical Fraud = 2 must come with Fraud = 1, but line 7 has '0, 2'",
        "Declaration ID must be unique, but line 9",
        "Importer ID must not be empty, but line 10 has nothing",
        "Date must be a day of the calendar, YYYY-MM-DD, but line 11 has '2020-02-30'",
    ):
        assert expected in report
    assert ": 8 problems\n" in report


def test_only_five_lines_are_shown_then_the_count(sample, tmp_path):
    frame = sample["train"].head(50).assign(**{"Net Mass": -2.5})
    frame.to_csv(tmp_path / "x.csv", index=False)
    with pytest.raises(InvalidDeclarationsError, match=r"\(50 lines in all\)") as caught:
        read_declarations(tmp_path / "x.csv")
    assert str(caught.value).count("-2.5") == 5


SIX = ["Declaration ID", "Date", "HS6 Code", "Item Price", "Net Mass", "Fraud"]


@pytest.mark.parametrize(
    ("header", "lines"),
    [
        (SIX, []),
        (SIX[:-1], ["Missing columns: Fraud."]),
        ([*SIX, "Fraud"], ["Repeated columns: Fraud."]),
        ([*SIX, "x\x1b"], ["Unknown columns: 'x\\x1b'."]),
        (["", *SIX], ["Unknown columns: '' (an index? pandas: index=False)."]),
        (["Unnamed: 0", *SIX], ["Unknown columns: 'Unnamed: 0' (an index? pandas: index=False)."]),
        (
            [*SIX[:2], "hs6code", *SIX[3:5], "label"],
            [
                "Missing columns: HS6 Code, Fraud.",
                "Unknown columns: 'hs6code' (rename it to HS6 Code), 'label'.",
            ],
        ),
        (
            ["신고번호", "itemPrice", "DATE", "net-mass", "x"],
            [
                "Missing columns: 6, unknown columns: 5:",
                "missing          in the file (~ alike)",
                "Date           ~ 'DATE'",
                "Item Price     ~ 'itemPrice'",
                "Net Mass       ~ 'net-mass'",
                "Declaration ID   '신고번호'",
                "HS6 Code         'x'",
                "Fraud",
            ],
        ),
        (["1", "2020-01-01", "071080", "5.0", "2", "0"], [
            "Line 1 looks like a row. Put a header before it: " + ",".join(SIX) + "."
        ]),
        (["a" * 99], [f"The header is one cell, '{'a' * 40}…', instead of: {','.join(SIX)}."]),
    ],
)  # fmt: skip
def test_a_header_that_does_not_fit_is_compared_with_the_expected_one(header, lines):
    problems = "\n".join(str(problem) for problem in header_problems(header, SIX))
    assert [line.strip() for line in problems.splitlines()] == lines


def test_a_foreign_header_of_many_columns_stays_short():
    (problem,) = header_problems([f"f{i}" for i in range(4000)], SIX)
    assert len(problem.details) == 1 + 25 + 1
    assert problem.details[-1].strip() == "and 3975 more"


@pytest.mark.parametrize("more", ["", "x" * 64, "x" * 65, "\u00e9", "a b", "=1", "4\n0", "\uff11"])
def test_codes_of_letters_and_digits_are_checked_as_by_the_pattern(more):
    text = pa.chunked_array([["IMP0001", "", "7"], [more]])
    by_pattern = to_mask(pc.match_substring_regex(text, f"^(?:{TEXT_PATTERN})$"))
    assert np.array_equal(matches_in_full(text, TEXT_PATTERN), by_pattern)


def test_a_column_name_of_a_parquet_file_that_is_no_text(tmp_path):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"Qate": ["2020-01-01"]}), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"Qate", b"\x80ate"))
    for read in (read_declarations, read_header):
        with pytest.raises(KitError, match="is a damaged Parquet file"):
            read(path)
