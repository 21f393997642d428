"""Records are where `csv.reader` sees them."""

import csv
import io

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from customs_data.files.records import cut_records, scan_records

TEXTS = st.text(st.sampled_from('ab,,"\n\n\r'), max_size=30).map(
    lambda text: text.replace("\r", "\r\n")
)


@given(TEXTS)
@settings(max_examples=400)
def test_records_are_those_of_the_csv_reader(text):
    records = scan_records(text.encode())
    if records is None:
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, previous = [], 0
    for cells in reader:
        if cells:
            rows.append((previous, len(cells)))
        previous = reader.line_num
    assert rows == list(zip(records.lines.tolist(), records.n_cells.tolist(), strict=True))


@given(st.lists(st.sampled_from(["1,2", '"a\n,b",2', "3"])), st.data())
def test_a_cut_text_has_the_records_that_are_kept(lines, data):
    text = "\n".join(lines).encode()
    records = scan_records(text)
    assert len(records.starts) == len(lines)
    keep = data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    kept = [line for line, stays in zip(lines, keep, strict=True) if stays]
    cut = cut_records(text, records, np.array(keep, dtype=bool))
    assert cut.rstrip(b"\n") == "\n".join(kept).encode()


def test_quotes_inside_cells_are_left_to_the_csv_reader():
    for text in (b'"1",2"3\n', b'"1"2,3\n', b'"1,2\n'):
        assert scan_records(text) is None
    assert scan_records(b'1,2"3\n').n_cells.tolist() == [2]
    assert scan_records(b'"1""2",3\n').n_cells.tolist() == [2]


def test_lone_returns_end_lines_as_the_parser_does():
    assert scan_records(b"1,2\r3,4\r\n5\n").lines.tolist() == [0, 1, 2]
