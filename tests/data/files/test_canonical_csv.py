"""The canonical CSV is what the csv module writes of the cells' texts, however it is made."""

from __future__ import annotations

import csv
import datetime
import io
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs_data.files.canonical_csv import csv_header, line_chunks, texts_of_ids
from customs_data.files.writing import TableWriter

NUMBERS = (
    st.floats()
    | st.integers(-(10**16), 10**16).map(float)
    | st.integers(0, 10**15).map(lambda n: n / 100)
    | st.integers(0, 10**9).map(lambda n: n / 10**6)
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=5) | st.sampled_from(["AB", "CD", None])
PLAIN_TEXTS = st.sampled_from(["AB", "CD", "long", "ümlaut", "", None])


def csv_lines(table):
    return b"".join(line_chunks(table))


def written(columns: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(zip(*columns, strict=True))
    return out.getvalue().encode()


def forms(numbers: list[float]) -> list[str]:
    return ["" if math.isnan(number) else repr(number) for number in numbers]


@given(st.lists(NUMBERS, min_size=1))
def test_numbers_have_the_shortest_form(numbers):
    lines = csv_lines(pa.table({"x": np.array(numbers, dtype=np.float64), "y": [1] * len(numbers)}))
    assert lines == written([forms(numbers), ["1"] * len(numbers)])


@pytest.mark.parametrize(
    "number", [0.0, 0.1, 1234.5, 9_999.99, 10_000.0, 12345678.9, 9_999_999_999_999.5, 1e15, 0.0001]
)
def test_a_number_has_the_same_form_among_others(number):
    others = [0.25, 0.123456, 5e-05, -1.5, float("nan"), 1e300, float("inf"), 123456789.125]
    for other in others:
        assert csv_lines(pa.table({"x": [number, other]})).decode().split("\n")[0] == repr(number)


@given(st.lists(st.tuples(TEXTS, PLAIN_TEXTS), min_size=1))
def test_texts_are_quoted_where_csv_needs_it(rows):
    first, second = map(list, zip(*rows, strict=True))
    table = pa.table({"a": pa.array(first, pa.string()), "b": pa.array(second, pa.string())})
    expected = written([[text or "" for text in first], [text or "" for text in second]])
    assert csv_lines(table) == expected
    assert csv_lines(table.slice(1)) == expected[len(csv_lines(table.slice(0, 1))) :]


@given(st.lists(PLAIN_TEXTS, min_size=1))
def test_dictionaries_are_written_as_their_texts(texts):
    column = pa.array(texts, pa.string())
    again = pa.chunked_array([column.dictionary_encode(), column.dictionary_encode()])
    plain = csv_lines(pa.table({"a": column, "b": range(len(texts))}))
    table = pa.table({"a": again, "b": [*range(len(texts))] * 2})
    assert csv_lines(table) == plain * 2


def test_other_types_are_written_as_text():
    day = datetime.date(2020, 2, 29)
    table = pa.table(
        {
            "date": pa.array([day, None]),
            "time": pa.array([day, None]).cast(pa.timestamp("s")),
            "label": pa.array([None, 1], pa.int8()),
            "large": pa.array(["x", "yz"], pa.large_string()),
            "none": pa.array([None, None], pa.string()),
            "yes": [True, False],
        }
    )
    assert csv_header(table.column_names) == b"date,time,label,large,none,yes\n"
    assert csv_lines(table) == b"2020-02-29,2020-02-29,,x,,true\n,,1,yz,,false\n"
    assert csv_lines(table.slice(0, 0)) == b""


def test_a_very_long_cell_does_not_widen_all_lines():
    assert csv_lines(pa.table({"a": ["x" * 1000, "y"], "b": [0.5, 0.25]})) == (
        b"x" * 1000 + b",0.5\ny,0.25\n"
    )


def test_chunks_are_the_whole(monkeypatch):
    monkeypatch.setattr("customs_data.files.canonical_csv._CHUNK_ROWS", 3)
    table = pa.table({"a": [f"{n}" for n in range(10)], "b": np.arange(10) / 7})
    assert b"".join(line_chunks(table)) == csv_lines(table)


@given(st.integers(1, 10).flatmap(lambda n: st.lists(st.integers(10 ** (n - 1), 10**n - 1))))
def test_ids_are_texts_of_their_digits(numbers):
    assert texts_of_ids(np.array(numbers, dtype=np.int64)).to_pylist() == list(map(str, numbers))


def test_parquet_reads_dictionaries_back_as_texts(tmp_path):
    texts = pa.table({"Date": pa.array([0, 1], pa.timestamp("s")), "Scheme": ["a", None]})
    coded = texts.set_column(1, "Scheme", texts["Scheme"].dictionary_encode())
    sums = set()
    for name, table in {"texts": texts, "coded": coded}.items():
        with TableWriter(tmp_path / name, "parquet") as writer:
            writer.write(table)
        sums.add(writer.sha256)
    read = {name: pq.read_table(tmp_path / f"{name}.parquet") for name in ("texts", "coded")}
    assert read["coded"].schema == read["texts"].schema
    assert read["coded"].equals(read["texts"])
    assert len(sums) == 1
