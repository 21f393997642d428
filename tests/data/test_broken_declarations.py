"""Broken files of declarations: each is refused with a clean message; none is read half-way.

The corpus starts from one valid file of 40 declarations and breaks one thing at a time.
"""

import bz2
import csv
import gzip
import io
import lzma
import math
import pickle
import re
import tarfile
import unicodedata
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customs_data.errors import KitError
from customs_data.files.declarations import read_declarations
from customs_data.files.writing import csv_chunks
from customs_data.schema import COLUMN, COLUMNS
from made_up import make_sample

NAMES = tuple(COLUMN)
TEXT_NAMES = tuple(c.name for c in COLUMNS if c.role in ("key", "entity", "code"))
CODED_NAMES = ("HS6 Code", "Country of Departure", "Country of Origin")
FREE_NAMES = tuple(name for name in TEXT_NAMES if name not in CODED_NAMES)
NUMBER_NAMES = ("Tax Rate", "Net Mass", "Item Price")
OPTIONAL_NAMES = ("Seller ID", "Courier ID")


def valid_frame() -> pd.DataFrame:
    frame = make_sample(200, seed=3)["train"].head(40).copy()
    frame.loc[frame.index[5:9], ["Fraud", "Critical Fraud"]] = -1
    return frame


FRAME = valid_frame()
SOUND = b"".join(csv_chunks(FRAME))
HEADER, *ROWS = csv.reader(io.StringIO(SOUND.decode(), newline=""))


class Broken(NamedTuple):
    """A broken file, and a word that its message must contain."""

    name: str
    content: bytes
    culprit: str


def render(rows: list[list[str]], header: list[str] | None = None, **options: object) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, **({"lineterminator": "\n"} | options))
    writer.writerows([HEADER if header is None else header, *rows])
    return out.getvalue().encode()


def with_cell(column: str, value: str, row: int = 3) -> bytes:
    rows = [list(cells) for cells in ROWS]
    rows[row][HEADER.index(column)] = value
    return render(rows)


def with_raw_cell(column: str, value: bytes, row: int = 3) -> bytes:
    """The bytes of the cell as they are, without the quoting a CSV writer would add."""
    return with_cell(column, "\ue000", row).replace("\ue000".encode(), value)


def parquet_bytes(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, compression="none")
    return out.getvalue()


LABELLED = FRAME.assign(**FRAME[["Fraud", "Critical Fraud"]].astype("Int8").replace(-1, pd.NA))
TABLE = pa.Table.from_pandas(LABELLED, preserve_index=False)


def with_column(name: str, values: pa.Array) -> pa.Table:
    return TABLE.set_column(TABLE.column_names.index(name), name, values)


def not_utf8(n: int) -> pa.Array:
    """Text whose bytes are not UTF-8: nothing stops a Parquet file from holding it."""
    offsets = pa.py_buffer(np.arange(n + 1, dtype=np.int32).tobytes())
    return pa.Array.from_buffers(pa.string(), n, [None, offsets, pa.py_buffer(b"\xff" * n)])


def broken_headers() -> Iterator[Broken]:
    for i, name in enumerate(NAMES):
        without = [[*row[:i], *row[i + 1 :]] for row in ROWS]
        yield Broken(f"missing {name}", render(without, [*HEADER[:i], *HEADER[i + 1 :]]), name)
        yield Broken(f"repeated {name}", render([[*r, r[i]] for r in ROWS], [*HEADER, name]), name)
        other = (name.lower(), f"{name} ", f"_{name}", f"\x1b[31m{name}")[i % 4]
        header = [*HEADER[:i], other, *HEADER[i + 1 :]]
        yield Broken(f"renamed {name}", render(ROWS, header), repr(header[i]))
    index = [[str(i), *row] for i, row in enumerate(ROWS)]
    yield Broken("pandas index", render(index, ["", *HEADER]), "Unknown columns: ''")
    yield Broken("oracle column", render([[*r, "x"] for r in ROWS], [*HEADER, "Scheme"]), "Scheme")
    yield Broken("names the first row", render(ROWS[1:], ROWS[0]), "Line 1 looks like a row")
    yield Broken("blank first line", b"\n" + SOUND, "begins with an empty line")
    yield Broken("excel sep line", b"sep=,\n" + SOUND, "Excel's line 'sep=,'. Delete that line.")
    yield Broken("excel sep line, quoted", b'"sep=;"\r\n' + SOUND, "Excel's line 'sep=;'")
    yield Broken("comment first", b"# exported 2020-01-01\n" + SOUND, "begins with a comment")
    yield Broken("two BOMs", b"\xef\xbb\xbf" * 2 + SOUND, "Declaration ID")
    yield Broken("quote in header", SOUND.replace(b"Date", b'"Date', 1), "header")


BAD_TEXT = {
    "blank before": " 40",
    "blank after": "40 ",
    "tab": "\t40",
    "line break": "4\n0",
    "NUL": "4\x000",
    "escape": "\x1b[31m40",
    "bell": "40\x07",
    "next line": "4\x850",
    "right to left": "4\u202e0",
    "zero width": "\u200b40",
    "BOM inside": "\ufeff40",
    "formula =": "=1+1",
    "formula +": "+1",
    "formula -": "-1",
    "formula @": "@SUM(A1)",
    "too long": "x" * 65,
    "far too long": "x" * 100_000,
}
BAD_HS6 = (
    "71080",
    "0710800",
    "07108A",
    "0710.80",
    "71080.0",
    "\uff10\uff17\uff11\uff10\uff18\uff10",
)
BAD_COUNTRY = ("cn", "CHN", "C", "C1", "\ud55c\uad6d", "C N", "\uff23\uff2e")
BAD_NUMBER = (
    *("abc", "nan", "NaN", "inf", "-inf", "-1", "-0.01", "1e999", "-1e999", "0x10", "1_000"),
    *("1,000", "1.000,5", "1 000", "12kg", "1e", "e5", ".", "--1", "+", "\u00bd", "\u22121"),
    *("1e16", "1000000000000001", "1e-16", "1e-400", "5e-324", "-1e-400"),
    *("True", "1\x00", "=1+1", "9" * 400, " 1", "1 ", "\uff11", "\u0661", "1;2", "1e1e1"),
)
BAD_DATE = (
    *("2020-02-30", "2021-02-29", "2020-13-01", "2020-00-10", "2020-01-00", "0000-00-00"),
    *("01/02/2020", "2020/01/02", "20200102", "2020-1-2", "2 Jan 2020", "2020-01-02T00:01:00"),
    *(
        "2020-01-02 12:00:00",
        "2020-01-02T00:00:00Z",
        "2020-01-02 00",
        "43831",
        "today",
        "NaT",
        "99999-01-01",
        "-2020-01-02",
        " 2020-01-02",
    ),
    *("2020-01-02Z", "2020-W01-1", "\uff12020-01-02", "2020\u201301\u201302"),
)
FAR_DATE = ("0001-01-01", "1899-12-30", "2101-01-01", "9999-12-31")
BAD_LABEL = ("-1", "0.5", "yes", "True", "fraud", "nan", "NA", "1e999", "0x1", "\uff11", " 1", "10")


def broken_cells() -> Iterator[Broken]:
    for name in NAMES[:20]:
        if name not in OPTIONAL_NAMES:
            yield Broken(f"empty {name}", with_cell(name, ""), name)
    for i, name in enumerate(FREE_NAMES):
        # Every kind in the key; in each other column some, so that every column has a few.
        kinds = list(BAD_TEXT.items())[i % 5 :: 5] if i else BAD_TEXT.items()
        for kind, value in kinds:
            yield Broken(f"{kind} in {name}", with_cell(name, value), name)
    # What looks like a blank, or like a line's end, to a person or a program that is not RE2.
    yield Broken("no-break space before", with_cell("Importer ID", "\u00a0IMP1"), "Importer ID")
    yield Broken("ideographic space after", with_cell("Office ID", "40\u3000"), "Office ID")
    yield Broken("line separator inside", with_cell("Seller ID", "4\u20280"), "Seller ID")
    bad = [("HS6 Code", BAD_HS6), ("Country of Origin", BAD_COUNTRY), ("Date", BAD_DATE)]
    bad += [("Country of Departure", BAD_COUNTRY[:2]), ("Tax Rate", BAD_NUMBER)]
    bad += [("Net Mass", BAD_NUMBER[:9]), ("Item Price", BAD_NUMBER[9:18])]
    bad += [("Fraud", (*BAD_LABEL, "2")), ("Critical Fraud", (*BAD_LABEL[:4], "3"))]
    for name, values in bad:
        for value in values:
            yield Broken(f"{name} {ascii(value)[:40]}", with_cell(name, value), name)
    for value in FAR_DATE:
        word = "Date must lie from 1900-01-01 to 2100-12-31, but line 5 has"
        yield Broken(f"Date {value}", with_cell("Date", value), word)
    for value, word in (
        ("1e16", "Item Price (KRW) must be a number from 0 to 1e+15, but line 5 has"),
        ("1e-16", "Item Price (KRW) must be 0 or at least 1e-15, but line 5 has"),
        ("0.00e0001e", "Item Price (KRW) must be a number"),
        ("0.1e-400", "Item Price (KRW) must be 0 or at least 1e-15, but line 5 has"),
    ):
        yield Broken(f"Item Price {value}", with_cell("Item Price", value), word)
    fraud = next(i for i, row in enumerate(ROWS) if row[20] == "1")
    honest = next(i for i, row in enumerate(ROWS) if row[20] == "0")
    for label, row in (("Fraud", fraud), ("Critical Fraud", fraud), ("Fraud", honest)):
        yield Broken(f"only {label} erased {row}", with_cell(label, "", row), "erased together")
    critical = with_cell("Critical Fraud", "2", honest)
    yield Broken("critical without fraud", critical, "Critical Fraud = 2")
    yield Broken("repeated row", render([*ROWS, ROWS[7]]), "Declaration ID must be unique")
    yield Broken("same file twice", render([*ROWS, *ROWS]), "Declaration ID must be unique")
    yield Broken("one ID for all", render([["1", *row[1:]] for row in ROWS]), "unique")


def broken_lines() -> Iterator[Broken]:
    lines = SOUND.split(b"\n")
    for kind, line in {
        "one cell less": lines[4].rsplit(b",", 1)[0],
        "one cell more": lines[4] + b",1",
        "comma at the end": lines[4] + b",",
        "cut line": lines[4][:30],
        "unquoted comma": lines[4].replace(b".", b",", 1),
        "note": b"# checked by hand",
        "latin-1 in a short line": b"caf\xe9,1",
        "latin-1 in a long line": lines[4] + b",caf\xe9",
        "end of file mark": b"\x1a",
        "blank": b"   ",
    }.items():
        yield Broken(kind, b"\n".join([*lines[:4], line, *lines[5:]]), "line 5")
    total = lines[1].split(b",")
    for kind, line in {
        "total": b"total," + b"," * 19,
        "total of all columns": b",".join([b"Total", *[b""] * 17, *total[18:20], b"", b""]),
        "Korean total": "\ud569\uacc4".encode() + b"," * 21,
        "sums alone": b"," * 18 + b"123,456,,",
    }.items():
        yield Broken(kind, b"\n".join([*lines[:-1], line]), "Line 42 looks like a row of totals")
    units = b",".join([b"text", b"day", *[b"code"] * 13, b"percent", b"", b"", b"kg", b"KRW,,"])
    second = b"\n".join([lines[0], units, *lines[1:]])
    yield Broken("row of units", second, "Line 2 looks like a second header: delete it")
    empty = b"\n".join([*lines[:-1], b"," * 21, b"," * 21, b""])
    yield Broken("empty rows", empty, "Line 42 (and 1 lines more) is empty: delete it")
    yield Broken("header again", b"\n".join([*lines[:9], lines[0], *lines[9:]]), "Line 10 rep")
    yield Broken("cut file", SOUND[:-9], "line 41")
    yield Broken("quoted lines", b"\n".join(b'"%s"' % line for line in lines), "Declaration ID")
    yield Broken("unclosed quote", with_raw_cell("Office ID", b'"40'), "line 5")
    yield Broken(
        "unclosed quote, last cell", SOUND[:-1].rsplit(b",", 1)[0] + b',"0', "wrong quotation"
    )
    yield Broken("text after a quote", with_raw_cell("Office ID", b'"4"0'), "quotation")
    yield Broken("number after a quote", with_raw_cell("Tax Rate", b'"1"3'), "quotation")
    yield Broken("quote inside", with_raw_cell("Tax Rate", b'1"3"'), "Tax Rate")
    yield Broken("latin-1 cell", with_raw_cell("Office ID", b"caf\xe9"), "It looks like Latin-1")
    yield Broken(
        "cp949 cell",
        with_raw_cell("Importer ID", "\ud55c\uad6d".encode("cp949")),
        "looks like cp949",
    )
    yield Broken("surrogate", with_raw_cell("Office ID", b"\xed\xa0\x80"), "UTF-8")
    yield Broken("overlong", with_raw_cell("Office ID", b"\xc0\xaf"), "UTF-8")
    for byte in (0x80, 0xC3, 0xFE, 0xFF):
        yield Broken(f"byte {byte:x}", with_raw_cell("HS6 Code", bytes([byte])), "UTF-8")
    for delimiter, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        yield Broken(f"with {word}", render(ROWS, delimiter=delimiter), word)
        body = render(ROWS, delimiter=delimiter).split(b"\n", 1)[1]
        yield Broken(f"{word} below", lines[0] + b"\n" + body, "line 2")
    for delimiter in (":", "^", "\x1f"):
        yield Broken(
            f"delimiter {delimiter!r}", render(ROWS, delimiter=delimiter), "The header is one cell"
        )
    yield Broken("delimiter ' '", render(ROWS, delimiter=" "), "no readable header")


def broken_files() -> Iterator[Broken]:
    text = SOUND.decode()
    for codec in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp500"):
        word = codec[:6].upper() if codec[:3] == "utf" else "UTF-8 text"
        yield Broken(codec, text.encode(codec), word)
    zipped = gzip.compress(SOUND, mtime=0)
    for n in (3, 10, 11, 100, len(zipped) // 2, len(zipped) - 8, len(zipped) - 1):
        yield Broken(f"gzip cut at {n}", zipped[:n], "gzip")
    yield Broken("gzip with garbage", zipped + b"garbage", "gzip")
    yield Broken("gzip, wrong checksum", zipped[:-8] + b"\0" * 8, "gzip")
    yield Broken("gzip, damaged inside", zipped[:60] + b"\xff" * 9 + zipped[69:], "gzip")
    yield Broken("gzip of nothing", gzip.compress(b""), "empty")
    yield Broken("gzip twice", gzip.compress(zipped), "compressed twice")
    for name, content in {
        "empty": b"",
        "BOM only": b"\xef\xbb\xbf",
        "line breaks only": b"\n\r\n\n",
        "blanks only": b"  \t\n ",
    }.items():
        yield Broken(name, content, "empty")
    yield Broken("CR only", SOUND.replace(b"\n", b"\r"), "\\r")
    workbook, archive = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(workbook, "w") as inner:
        inner.writestr("[Content_Types].xml", "<Types/>")
        inner.writestr("xl/workbook.xml", "<workbook/>")
    with zipfile.ZipFile(archive, "w") as inner:
        inner.writestr("train.csv", SOUND)
    array, feather, tar = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.save(array, np.zeros(3))
    pa.feather.write_feather(TABLE, feather)
    with tarfile.open(fileobj=tar, mode="w:gz") as inner:
        inner.addfile(tarfile.TarInfo("train.csv"))
    for name, content, word in (
        ("NULs", bytes(500), "NUL bytes"),
        ("all bytes", bytes(range(256)) * 8, "UTF-8"),
        ("png", b"\x89PNG\r\n\x1a\n" + bytes(200), "is a picture (PNG)"),
        ("zip", archive.getvalue(), "is a zip archive. Unpack it"),
        ("xlsx", workbook.getvalue(), "is an Excel workbook (.xlsx). Open it there"),
        ("xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(200), "an old Excel workbook"),
        ("pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "is a PDF"),
        ("html", b"<!DOCTYPE html>\n<html><body>404</body></html>\n", "is an HTML page"),
        ("html later", b"\n <HTML lang='ko'>\n", "is an HTML page"),
        ("xml", b"<?xml version='1.0'?>\n<rows/>\n", "is XML"),
        ("json", b'[{"Declaration ID": "1", "Date": "2020-01-01"}]\n', "is JSON"),
        ("json lines", b'{"Declaration ID": "1"}\n' * 2, "is JSON"),
        ("lfs", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
        ("one word", b"hello", "The header is one cell, 'hello'"),
        ("zstd", b"\x28\xb5\x2f\xfd" + SOUND[:200], "is compressed with zstd"),
        ("bzip2", bz2.compress(SOUND), "is compressed with bzip2"),
        ("xz", lzma.compress(SOUND), "is compressed with xz"),
        ("tar.gz", tar.getvalue(), "is a tar archive"),
        ("pickle", pickle.dumps(ROWS), "is a pickle of Python"),
        ("pickle 2", pickle.dumps(ROWS, protocol=2), "is a pickle of Python"),
        ("npy", array.getvalue(), "is a NumPy array"),
        ("feather", feather.getvalue(), "is an Arrow or Feather file"),
        ("sqlite", b"SQLite format 3\0" + bytes(84), "is an SQLite database"),
        ("hdf5", b"\x89HDF\r\n\x1a\n" + bytes(84), "is an HDF5 file"),
        ("gzip of Parquet", gzip.compress(parquet_bytes(TABLE)), "is a Parquet file inside gzip"),
    ):
        yield Broken(name, content, word)


def broken_parquets() -> Iterator[Broken]:
    whole = parquet_bytes(TABLE)
    for n in (4, 8, 11, 12, 100, len(whole) // 2, len(whole) - 1, len(whole) - 8):
        yield Broken(f"parquet cut at {n}", whole[:n], "Parquet")
    yield Broken("parquet, garbage after", whole + b"garbage", "Parquet")
    yield Broken("parquet, no footer", whole[:-200] + bytes(192) + whole[-8:], "Parquet")
    yield Broken("parquet, huge footer", whole[:-8] + b"\xff\xff\xff\x7fPAR1", "Parquet")
    yield Broken("parquet, unknown type", whole[:-300] + b"\xff" * 200 + whole[-100:], "Parquet")
    yield Broken("parquet, no column", parquet_bytes(pa.table({})), "Declaration ID")
    n = len(FRAME)
    times = np.full(n, 1_577_836_800)
    types = {
        "list": pa.array([[1]] * n),
        "text list": pa.array([["\x1b[31m"]] * n),
        "bool": pa.array([True] * n),
        "struct": pa.array([{"a": "\x1b"}] * n),
        "map": pa.array([[("a", 1)]] * n, pa.map_(pa.string(), pa.int64())),
        "decimal": pa.array([1] * n, pa.decimal128(5, 2)),
        "binary": pa.array([b"\xff"] * n),
        "duration": pa.array([1] * n, pa.duration("s")),
        "time": pa.array([1] * n, pa.time64("us")),
        "with time of day": pa.array(times + 1, pa.timestamp("s")),
        "time zone": pa.array(times, pa.timestamp("s", "Asia/Seoul")),
        "unknown time zone": pa.array(times, pa.timestamp("s", "Mars/Phobos")),
        "far date": pa.array([2_000_000_000] * n, pa.date32()),
        "long duration": pa.array([2**62] * n, pa.duration("s")),
        "not UTF-8": not_utf8(n),
    }
    for name in ("Declaration ID", "Office ID", "HS6 Code", "Date", "Tax Rate", "Fraud"):
        few = () if name in ("Office ID", "Date", "Tax Rate") else ("list", "far date", "not UTF-8")
        for kind in few or types:
            content = parquet_bytes(with_column(name, types[kind]))
            # Where a column cannot be decoded, the message may say so of the whole file.
            word = "UTF-8" if kind == "not UTF-8" else name
            yield Broken(f"parquet {name} {kind}", content, word)
        content = parquet_bytes(with_column(name, pa.nulls(n)))
        yield Broken(f"parquet {name} null", content, name)
    lost = [int(code) for code in FRAME["HS6 Code"]]
    extra = {
        "HS6 integer": with_column("HS6 Code", pa.array(lost)),
        "HS6 float": with_column("HS6 Code", pa.array([float(x) for x in lost])),
        "Date integer": with_column("Date", pa.array([20200101] * n)),
        "Date text": with_column("Date", pa.array(["01/02/2020"] * n)),
        "Tax Rate nan": with_column("Tax Rate", pa.array([math.nan] * n)),
        "Tax Rate huge": with_column("Tax Rate", pa.array([2**63] * n, pa.uint64())),
        "Tax Rate subnormal": with_column("Tax Rate", pa.array([5e-324] * n)),
        "Date 1899": with_column("Date", pa.array([-25_600] * n, pa.date32())),
        "Date 2101": with_column("Date", pa.array([47_847] * n, pa.date32())),
        "Tax Rate inf": with_column("Tax Rate", pa.array([math.inf] * n)),
        "Tax Rate negative": with_column("Tax Rate", pa.array([-1] * n)),
        "Fraud float": with_column("Fraud", pa.array([0.5] * n)),
        "Fraud large": with_column("Fraud", pa.array([2**40] * n)),
        "Fraud -1": with_column("Fraud", pa.array([-1] * n)),
    }
    for kind, table in extra.items():
        yield Broken(f"parquet {kind}", parquet_bytes(table), kind.split()[0])
    index = TABLE.append_column("__index_level_0__", pa.array(range(n)))
    yield Broken("parquet, a column called so", parquet_bytes(index), "__index_level_0__")
    named = TABLE.rename_columns(["\x1b[31mX", *TABLE.column_names[1:]])
    yield Broken("parquet, escape in a name", parquet_bytes(named), "Declaration ID")
    doubled = TABLE.append_column("Fraud", TABLE["Fraud"])
    yield Broken("parquet, repeated column", parquet_bytes(doubled), "Fraud")


CORPUS = [
    *broken_headers(),
    *broken_cells(),
    *broken_lines(),
    *broken_files(),
    *broken_parquets(),
]


def assert_clean(message: str, culprit: str = "") -> None:
    """Assert that a message names file and culprit, without terminal escapes."""
    assert culprit in message
    assert "declarations.csv" in message
    assert all(char == "\n" or char.isprintable() for char in message), ascii(message)
    assert len(message) < 10_000
    assert all(line.strip() for line in message.split("\n"))
    assert "Traceback" not in message


def test_corpus_is_large_and_distinct():
    assert len(CORPUS) >= 200
    assert len({broken.name for broken in CORPUS}) == len(CORPUS)
    assert len({broken.content for broken in CORPUS} | {SOUND}) == len(CORPUS) + 1


@pytest.mark.parametrize("broken", CORPUS, ids=lambda broken: ascii(broken.name))
def test_broken_file_is_refused(broken, tmp_path):
    path = tmp_path / "declarations.csv"
    path.write_bytes(broken.content)
    with pytest.raises(KitError) as caught:
        read_declarations(path)
    assert_clean(str(caught.value), broken.culprit)


@pytest.mark.parametrize("kind", ["Korean total", "row of units", "header again", "empty rows"])
def test_a_stray_row_is_the_only_problem_of_its_file(kind, tmp_path):
    """The cells of a row that is no declaration break every rule; they are not listed."""
    path = tmp_path / "declarations.csv"
    path.write_bytes(next(broken.content for broken in CORPUS if broken.name == kind))
    with pytest.raises(KitError, match=r"declarations\.csv: 1 problem\n"):
        read_declarations(path)


def test_every_kind_of_problem_is_in_one_report(tmp_path):
    rows = [list(row) for row in ROWS]
    for i, (name, value) in enumerate(
        {"Date": "x", "HS6 Code": "1", "Net Mass": "-1", "Fraud": "7", "Office ID": ""}.items()
    ):
        rows[i][HEADER.index(name)] = value
    path = tmp_path / "declarations.csv"
    path.write_bytes(render([*rows, rows[20], ["short"]]))
    with pytest.raises(KitError) as caught:
        read_declarations(path)
    message = str(caught.value)
    assert_clean(message)
    for line, culprit in enumerate(("Date", "HS6 Code", "Net Mass", "Fraud", "Office ID"), 2):
        assert re.search(rf"- {culprit}.*line {line}\b", message), culprit
    assert re.search(r"unique.*line 42\b", message)
    assert re.search(r"cells.*line 43\b", message)


def test_reports_the_first_five_lines_and_the_count(tmp_path):
    path = tmp_path / "declarations.csv"
    path.write_bytes(render([[*row[:18], "-1", *row[19:]] for row in ROWS]))
    with pytest.raises(KitError, match=r"line 6 has '-1' \(40 lines in all\)") as caught:
        read_declarations(path)
    assert "line 7" not in str(caught.value)


@pytest.mark.parametrize("n_blank", [1, 4])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_numbers_count_blank_lines(n_blank, end, tmp_path):
    """The number is that of the line in an editor, or a person looks at the wrong row."""
    lines = with_cell("Net Mass", "-1", row=3).decode().split("\n")
    path = tmp_path / "declarations.csv"
    path.write_bytes(end.join([*lines[:2], *[""] * n_blank, *lines[2:]]).encode())
    with pytest.raises(KitError, match=rf"line {5 + n_blank} has '-1'"):
        read_declarations(path)


def test_line_numbers_count_line_breaks_in_cells(tmp_path):
    rows = [list(row) for row in ROWS]
    rows[0][HEADER.index("Office ID")] = "4\n0"
    rows[1][HEADER.index("Net Mass")] = "-1"
    path = tmp_path / "declarations.csv"
    path.write_bytes(render(rows))
    with pytest.raises(KitError, match=r"line 4 has '-1'"):
        read_declarations(path)


def test_unclosed_quote_in_a_large_file_is_explained(tmp_path):
    rows = [[f"{i:08d}", *ROWS[i % len(ROWS)][1:]] for i in range(12_000)]
    content = render(rows).replace(b"00000002,", b'"00000002,', 1)
    path = tmp_path / "declarations.csv"
    path.write_bytes(content)
    with pytest.raises(KitError) as caught:
        read_declarations(path)
    assert_clean(str(caught.value))
    assert "block size" not in str(caught.value)  # an option of the parser, not of the kit


def test_missing_folder_and_overlong_paths_are_kit_errors(tmp_path):
    with pytest.raises(KitError, match=r"No such file: .*absent\.csv\.$"):
        read_declarations(tmp_path / "absent.csv")
    with pytest.raises(KitError, match=r"is a folder\. Name a file in it\."):
        read_declarations(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(KitError):
        read_declarations(tmp_path / "file" / "below.csv")
    with pytest.raises(KitError):
        read_declarations(tmp_path / ("x" * 300))


def test_period_is_inclusive_and_names_the_line(tmp_path):
    path = tmp_path / "declarations.csv"
    path.write_bytes(SOUND)
    days = sorted(date.fromisoformat(row[1]) for row in ROWS)
    assert len(read_declarations(path, period=(days[0], days[-1]))) == len(ROWS)
    with pytest.raises(KitError, match="Date must lie within") as caught:
        read_declarations(path, period=(days[1] if days[1] > days[0] else days[-1], days[-1]))
    assert "line 2 has" in str(caught.value)


def harmless() -> dict[str, bytes]:
    """Other writings of the very same declarations."""
    order = [*range(21, -1, -1)]
    backwards = [[row[i] for i in order] for row in ROWS]
    labels = [[*row[:20], *(f"{x}.0" if x else "" for x in row[20:])] for row in ROWS]
    numbers = [[*r[:15], f"+{r[15]}00", *r[16:18], f"{r[18]}e0", f"{r[19]}", *r[20:]] for r in ROWS]
    stamps = pa.array(FRAME["Date"].to_numpy().astype("datetime64[ns]"))
    halves = io.BytesIO()
    pq.write_table(TABLE, halves, row_group_size=7, compression="zstd")
    return {
        "as it is": SOUND,
        "BOM": b"\xef\xbb\xbf" + SOUND,
        "CRLF": SOUND.replace(b"\n", b"\r\n"),
        "BOM and CRLF": b"\xef\xbb\xbf" + SOUND.replace(b"\n", b"\r\n"),
        "no line end": SOUND.rstrip(b"\n"),
        "line ends after": SOUND + b"\n\n",
        "gzip": gzip.compress(SOUND),
        "gzip in two members": gzip.compress(SOUND[:99]) + gzip.compress(SOUND[99:]),
        "gzip of BOM and CRLF": gzip.compress(b"\xef\xbb\xbf" + SOUND.replace(b"\n", b"\r\n")),
        "all quoted": render(ROWS, quoting=csv.QUOTE_ALL),
        "all quoted, CRLF": render(ROWS, quoting=csv.QUOTE_ALL, lineterminator="\r\n"),
        "other column order": render(backwards, [HEADER[i] for i in order]),
        "labels 1.0": render(labels),
        "midnight": render([[r[0], r[1] + " 00:00:00", *r[2:]] for r in ROWS]),
        "midnight, ISO": render([[r[0], r[1] + "T00:00:00.000", *r[2:]] for r in ROWS]),
        "midnight now and then": render(
            [[r[0], r[1] + " 00:00" * (i % 2), *r[2:]] for i, r in enumerate(ROWS)]
        ),
        "Parquet, pandas index": parquet_bytes(pa.Table.from_pandas(LABELLED, preserve_index=True)),
        "numbers otherwise": render(numbers),
        "Parquet": parquet_bytes(TABLE),
        "Parquet, row groups": halves.getvalue(),
        "Parquet, other order": parquet_bytes(TABLE.select(TABLE.column_names[::-1])),
        "Parquet, dates": parquet_bytes(with_column("Date", stamps.cast(pa.date32()))),
        "Parquet, nanoseconds": parquet_bytes(with_column("Date", stamps)),
        "Parquet, text dates": parquet_bytes(with_column("Date", pa.array([r[1] for r in ROWS]))),
        "Parquet, dictionary": parquet_bytes(
            with_column("Office ID", pa.array([r[2] for r in ROWS]).dictionary_encode())
        ),
        "Parquet, large text": parquet_bytes(
            with_column("HS6 Code", pa.array([r[12] for r in ROWS], pa.large_string()))
        ),
        "Parquet, float labels": parquet_bytes(
            with_column("Fraud", pa.array([float(r[20]) if r[20] else None for r in ROWS]))
        ),
        "Parquet, nan labels": parquet_bytes(
            with_column("Fraud", pa.array([float(r[20] or "nan") for r in ROWS]))
        ),
    }


HARMLESS = harmless()


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_writing_reads_the_same(name, tmp_path):
    path = tmp_path / "declarations.csv"
    path.write_bytes(HARMLESS[name])
    pd.testing.assert_frame_equal(read_declarations(path), FRAME, check_exact=True)


@pytest.mark.parametrize("content", [SOUND.split(b"\n")[0], SOUND.split(b"\n")[0] + b"\r\n"])
def test_header_alone_is_a_table_without_rows(content, tmp_path):
    path = tmp_path / "declarations.csv"
    path.write_bytes(content)
    frame = read_declarations(path)
    pd.testing.assert_series_equal(frame.dtypes, FRAME.dtypes)
    assert len(frame) == 0


def valid_text(name: str, cell: str) -> bool:
    if name == "HS6 Code":
        return re.fullmatch("[0-9]{6}", cell) is not None
    if name in CODED_NAMES:
        return re.fullmatch("[A-Z]{2}", cell) is not None
    printable = all(unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs") for c in cell)
    return 1 <= len(cell) <= 64 and printable and cell == cell.strip() and cell[0] not in "=+-@"


def assert_schema(frame: pd.DataFrame) -> None:
    """The rules of DESIGN.md, section 3, once more and without the kit's own code."""
    assert list(frame.columns) == list(NAMES)
    assert list(frame.index) == list(range(len(frame)))
    assert frame["Declaration ID"].is_unique
    for name in TEXT_NAMES:
        cells = frame[name].tolist()
        missing = [isinstance(cell, float) for cell in cells]
        assert name in OPTIONAL_NAMES or not any(missing)
        assert all(valid_text(name, c) for c, m in zip(cells, missing, strict=True) if not m), name
    assert frame["Date"].dtype == np.dtype("datetime64[s]")
    assert not frame["Date"].isna().any()
    assert (frame["Date"].to_numpy().astype("datetime64[D]") == frame["Date"].to_numpy()).all()
    for name in NUMBER_NAMES:
        assert frame[name].dtype == np.float64
        assert all(x == 0 or 1e-15 <= x <= 1e15 for x in frame[name])
    labels = list(zip(frame["Fraud"], frame["Critical Fraud"], strict=True))
    assert frame["Fraud"].dtype == frame["Critical Fraud"].dtype == np.int8
    # Where Fraud is 1, Critical Fraud may be 0: nothing in DESIGN.md forbids it.
    assert set(labels) <= {(-1, -1), (0, 0), (0, 1), (1, 0), (1, 1), (1, 2)}


def assert_same_cells(frame: pd.DataFrame, content: bytes) -> None:
    """Assert that the frame has the cells that Python's own CSV reader reads."""
    text = content.decode("utf-8-sig")
    header, *rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    assert len(rows) == len(frame)
    for name in NAMES:
        cells = [row[header.index(name)] for row in rows]
        for cell, value in zip(cells, frame[name].tolist(), strict=True):
            if name in TEXT_NAMES:
                assert (value == cell) if cell else value != value
            elif name == "Date":
                assert f"{value:%Y-%m-%d}" == cell
            elif name in NUMBER_NAMES:
                assert value == float(cell)
            else:
                assert value == (float(cell) if cell else -1)


def read_or_refuse(path, content: bytes) -> pd.DataFrame | None:
    path.write_bytes(content)
    try:
        frame = read_declarations(path)
    except KitError as error:
        assert_clean(str(error))
        return None
    assert_schema(frame)
    return frame


NASTY = st.sampled_from(
    [
        *(
            *list(BAD_TEXT.values())[:-1],
            *BAD_HS6,
            *BAD_COUNTRY,
            *BAD_NUMBER,
            *BAD_DATE,
            *BAD_LABEL,
        ),
        *("", "0", "1", "2", "1.0", "CN", "071080", "2020-02-29", "12.5", "1e3", '"', '""', "a,b"),
    ]
)
CELL = st.tuples(
    st.just("cell"),
    st.integers(0, len(ROWS) - 1),
    st.sampled_from(NAMES),
    NASTY,
)
LINE = st.tuples(
    st.sampled_from(["drop", "double", "swap", "blank"]), st.integers(0, 40), st.integers(0, 40)
)
BYTES = st.tuples(
    st.just("bytes"),
    st.integers(0, len(SOUND)),
    st.integers(0, 3),
    st.sampled_from([b"", b",", b"\n", b"\r\n", b'"', b"\x00", b"\xe9", b"\xc2\xa0", b"9", b"-"]),
)
FAST = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def mutate(cells: list[tuple], lines: list[tuple], edits: list[tuple]) -> bytes:
    rows = [list(row) for row in ROWS]
    for _, row, name, value in cells:
        rows[row][HEADER.index(name)] = value
    content = render(rows)
    parts = content.split(b"\n")
    for kind, i, j in lines:
        i, j = i % len(parts), j % len(parts)
        if kind == "swap":
            parts[i], parts[j] = parts[j], parts[i]
        elif kind == "drop":
            del parts[i]
        else:
            parts.insert(i, parts[j] if kind == "double" else b"")
    content = b"\n".join(parts)
    for _, start, length, new in edits:
        content = content[:start] + new + content[start + length :]
    return content


def test_labels_that_are_none_are_not_called_erased(tmp_path):
    """'N' beside 0 is one problem, not also a half-erased pair."""
    path = tmp_path / "declarations.csv"
    path.write_bytes(with_cell("Fraud", "N"))
    with pytest.raises(KitError) as raised:
        read_declarations(path)
    assert "declarations.csv: 1 problem\n" in str(raised.value)
    assert "Fraud must be one of 0, 1" in str(raised.value)


@FAST
@given(cells=st.lists(CELL, max_size=2))
def test_any_cells_are_refused_or_read_as_they_stand(cells, tmp_path):
    content = mutate(cells, [], [])
    frame = read_or_refuse(tmp_path / "declarations.csv", content)
    if frame is not None:
        assert_same_cells(frame, content)


@FAST
@given(lines=st.lists(LINE, max_size=2), edits=st.lists(BYTES, max_size=3))
def test_any_bytes_are_refused_or_read_as_they_stand(lines, edits, tmp_path):
    content = mutate([], lines, edits)
    frame = read_or_refuse(tmp_path / "declarations.csv", content)
    if frame is not None:
        assert_same_cells(frame, content)


PARQUET = parquet_bytes(TABLE)


@FAST
@given(flips=st.lists(st.tuples(st.integers(4, len(PARQUET) - 1), st.integers(0, 255)), min_size=1))
def test_any_damage_to_a_parquet_file_is_refused_or_valid(flips, tmp_path):
    content = bytearray(PARQUET)
    for place, byte in flips[:4]:
        content[place] = byte
    read_or_refuse(tmp_path / "declarations.csv", bytes(content))


@FAST
@given(st.binary(max_size=300), st.sampled_from([b"", b"\x1f\x8b\x08", b"PAR1", SOUND[:400]]))
def test_any_junk_is_refused(tmp_path, junk, start):
    path = tmp_path / "declarations.csv"
    path.write_bytes(start + junk)
    try:
        frame = read_declarations(path)
    except KitError as error:
        assert_clean(str(error))
    else:
        assert_schema(frame)
