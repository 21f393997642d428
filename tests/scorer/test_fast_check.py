"""The short way through valid files and the thorough one agree, to the last bit."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customs_data.columns.matching import arrow_text
from customs_data.tasks import find_task
from customs_scorer.fast_check import read_valid_file
from customs_scorer.submissions import check_submission

HEADER = find_task().header
HEADER_LINE = ",".join(HEADER).encode()
IDS = pd.Series([str(38_811_000 + i * 7) for i in range(12)])
EXPECTED = arrow_text(IDS)
QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
# What programs and people write where a number should stand; of plain bytes and of others.
CELLS = st.one_of(
    FINITE.map(repr),
    st.sampled_from(
        ["", "-", ".", "e", "1.", ".5", "+.5", "+1", "-0", "1e5", "1E+05", "1e", "1e999", "-1e999",
         "1e-999", "1..2", "1,2", "--1", "+-1", "00012", "1-2", "nan", "inf", " 1", "1 ", "0x1F",
         "1_000", '"1"', "9" * 400, "0." + "1" * 400]
    ),
    st.text("0123456789+-.eE,\n", max_size=12),
)  # fmt: skip
NAMES = st.one_of(
    st.sampled_from([*IDS, "38811001", "038811000", "3.8811e7", ""]),
    st.text("0123456789+-.eE,\n", max_size=9),
)
TAILS = st.sampled_from(["", "\n", "\n\n", "\r\n", ",", "0"])


def valid(content: bytes) -> np.ndarray | None:
    return read_valid_file(content, HEADER_LINE, EXPECTED)


@pytest.fixture
def thorough(tmp_path, monkeypatch):
    """Check as if no file were valid at first sight."""
    monkeypatch.setattr("customs_scorer.submissions.read_valid_file", lambda *_: None)

    def check(content):
        path = tmp_path / "x.csv"
        path.write_bytes(content)
        return check_submission(path, IDS)

    return check


def file_of(rows, tail="\n", between="\n"):
    lines = [",".join(HEADER), *(f"{name},{cell}" for name, cell in rows)]
    return (between.join(lines) + tail).encode()


@QUICK
@given(st.lists(FINITE, min_size=12, max_size=12), st.permutations(range(12)))
def test_valid_files_are_recognised_in_any_order(thorough, scores, order):
    content = file_of([(IDS[i], repr(scores[i])) for i in order])
    scores_read = valid(content)
    assert scores_read is not None
    assert scores_read.tolist() == scores
    # Bit for bit: 0.0 and -0.0 too.
    assert scores_read.tobytes() == thorough(content).answer.tobytes()


@QUICK
@given(st.permutations(range(12)), st.lists(st.tuples(st.integers(0, 11), CELLS), max_size=2),
       st.lists(st.tuples(st.integers(0, 11), NAMES), max_size=1), TAILS)  # fmt: skip
def test_what_is_taken_for_valid_passes_the_thorough_check(thorough, order, cells, names, tail):
    rows = [[IDS[i], repr(0.5 + i)] for i in order]
    for place, cell in cells:
        rows[place][1] = cell
    for place, name in names:
        rows[place][0] = name
    content = file_of(rows, tail)
    scores_read = valid(content)
    checked = thorough(content)
    if scores_read is not None:
        assert checked.passed, str(checked.report)
        assert scores_read.tobytes() == checked.answer.tobytes()
        assert all(map(math.isfinite, scores_read))


@QUICK
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=3))
def test_any_bytes_taken_for_valid_pass_the_thorough_check(thorough, edits):
    content = bytearray(file_of([(name, "0.25") for name in IDS]))
    for at, byte in edits:
        content[at % len(content)] = byte
    scores_read = valid(bytes(content))
    if scores_read is not None:
        assert scores_read.tobytes() == thorough(bytes(content)).answer.tobytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        HEADER_LINE,
        HEADER_LINE + b"\n",
        HEADER_LINE + b"\n\n",
        b"\xef\xbb\xbf" + file_of([(name, "1") for name in IDS]),
        file_of([(name, "1") for name in IDS], between="\r\n", tail="\r\n"),
        file_of([(name, "1") for name in IDS[:-1]]),
        file_of([(name, "1") for name in [*IDS, IDS[0]]]),
        file_of([(name, "1") for name in [*IDS[:-1], IDS[0]]]),
        file_of([(name, "1e999") for name in IDS]),
        file_of([(name, "") for name in IDS]),
        file_of([(name, "1,1") for name in IDS]),
    ],
)
def test_what_is_not_sure_is_left_to_the_thorough_check(content):
    assert valid(content) is None


def test_a_valid_file_is_scored_without_the_thorough_check(tmp_path, monkeypatch):
    def fail(*_args, **_kwargs):
        raise AssertionError("looked at closely")

    monkeypatch.setattr("customs_scorer.submissions.parse_csv", fail)
    path = tmp_path / "x.csv"
    path.write_bytes(file_of([(name, "0.5") for name in IDS]))
    assert check_submission(path, IDS).answer.tolist() == [0.5] * 12
