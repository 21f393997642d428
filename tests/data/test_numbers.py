"""Texts that are read as numbers the fast way are those that the pattern allows, and no others."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs_data.files.cells import _BLOCK_BYTES, NUMBER_PATTERN, _plain_numbers, parse_numbers

CELLS = st.text("0123456789+-.eE", max_size=6) | st.floats().map(repr)


@given(st.lists(CELLS, max_size=4))
def test_the_fast_way_reads_what_the_pattern_allows(cells):
    text = pa.chunked_array([cells], pa.string())
    valid = [re.fullmatch(NUMBER_PATTERN, cell) is not None for cell in cells]
    fast = _plain_numbers(text)
    if fast is not None:
        assert all(valid)
        assert fast.tolist() == [float(cell) for cell in cells]
    numbers, wrong = parse_numbers(text)
    assert wrong.tolist() == [not ok and cell != "" for ok, cell in zip(valid, cells, strict=True)]
    expected = [float(cell) if ok else np.nan for ok, cell in zip(valid, cells, strict=True)]
    np.testing.assert_array_equal(numbers, expected)


def test_the_fast_way_takes_no_short_text_that_the_pattern_refuses():
    texts = ["".join(signs) for n in (1, 2, 3, 4) for signs in itertools.product("0+-.e", repeat=n)]
    for text in texts:
        if _plain_numbers(pa.chunked_array([[text]])) is not None:
            assert re.fullmatch(NUMBER_PATTERN, text), text


@pytest.mark.parametrize(
    "cell", ["nan", "inf", "Infinity", " 1", "1 ", "0x1", "1_0", "1,5", "\u0661", ""]
)
def test_one_other_text_takes_the_slow_way(cell):
    assert _plain_numbers(pa.chunked_array([["1.5", cell], ["2"]])) is None


def test_pieces_of_a_column_are_looked_through_to_their_ends():
    cells = ["1.25"] * (_BLOCK_BYTES // 4 + 7)
    text = pa.chunked_array([cells])
    fast = _plain_numbers(text)
    assert fast is not None
    assert (fast == 1.25).all()
    assert _plain_numbers(pa.chunked_array([[*cells, "x"]])) is None
    part = pa.chunked_array([pa.array(["x", "2", "3", "y"]).slice(1, 2)])
    assert parse_numbers(part)[0].tolist() == [2.0, 3.0]
    assert _plain_numbers(part) is not None
