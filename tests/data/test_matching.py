from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs_data.columns import matching
from customs_data.columns.matching import arrow_text, is_repeat, match_ids
from customs_data.schema import TEXT_DTYPE

DIGITS = st.integers(0, 10**6).map(lambda number: f"{number:07d}")
DENSE = st.integers(0, 60).map(lambda number: f"{number + 1000}")
LONG = st.integers(0, 10**18 - 1).map(lambda number: f"{number:018d}")
TOO_LONG = st.integers(0, 10**19 - 1).map(lambda number: f"{number:019d}")
TEXT = st.text(max_size=8) | st.integers().map(str)
EXPECTED = st.one_of(
    *(st.lists(kind, unique=True, max_size=30) for kind in (DIGITS, DENSE, LONG, TOO_LONG, TEXT))
)
KINDS = st.sampled_from([pa.string(), pa.large_string()])


def chunked(texts: list[str | None], kind: pa.DataType, cuts: list[int]) -> pa.ChunkedArray:
    """Arrow column in pieces, each a window into a larger array."""
    ends = sorted({0, len(texts), *(cut for cut in cuts if cut < len(texts))})
    whole = pa.array([*texts], kind)
    pieces = [whole[a:b] for a, b in pairwise(ends)]
    return pa.chunked_array(pieces, kind)


@given(
    EXPECTED,
    st.lists(st.none() | TEXT | DIGITS | DENSE, max_size=20),
    st.randoms(use_true_random=False),
    st.lists(st.integers(0, 40), max_size=3),
    KINDS,
    KINDS,
)
def test_any_text_is_found_as_in_a_dictionary(expected, others, random, cuts, kind, other_kind):
    ids = [*others, *random.choices(expected, k=len(expected)), *expected] if expected else others
    random.shuffle(ids)
    place = {text: i for i, text in enumerate(expected)}
    matched = match_ids(chunked(ids, kind, cuts), chunked(expected, other_kind, cuts))
    assert matched.tolist() == [place.get(text, -1) for text in ids]


@given(st.lists(DENSE, unique=True, min_size=1), st.lists(DENSE | DIGITS | TEXT | st.none()))
def test_numbers_and_text_are_matched_alike(expected, ids):
    wanted, column = pa.chunked_array([expected]), pa.chunked_array([ids], pa.string())
    by_text = matching._match_text(column, wanted).tolist()
    assert match_ids(column, wanted).tolist() == by_text


@pytest.mark.parametrize("spread", [1, 1000])
def test_blocks_do_not_show(spread):
    # more rows than a block, as a table over the range and as hashed numbers
    rng = np.random.default_rng(0)
    n = matching._BLOCK + 1000
    numbers = 10**9 + rng.permutation(n) * spread
    expected = pa.chunked_array([pa.array(numbers).cast(pa.string())])
    order = rng.permutation(n)
    texts = expected.take(pa.array(order)).to_pylist()
    texts[n // 2], texts[n // 2 + 1] = "12345", None
    order[n // 2 : n // 2 + 2] = -1
    assert (match_ids(pa.chunked_array([texts]), expected) == order).all()


def test_nothing_matches_nothing():
    nothing = pa.chunked_array([], pa.string())
    some = pa.chunked_array([["1", None]])
    assert match_ids(nothing, pa.chunked_array([["1"]])).tolist() == []
    assert match_ids(some, nothing).tolist() == [-1, -1]


@given(st.lists(st.integers(-1, 9)))
def test_repeats_are_those_of_pandas(places):
    column = pd.Series(places, dtype=np.int64)
    expected = column.duplicated() & (column >= 0)
    assert is_repeat(column.to_numpy(), 10).tolist() == expected.tolist()


@pytest.mark.parametrize("dtype", [TEXT_DTYPE, object, "str"])
def test_arrow_text_holds_what_the_series_held(dtype):
    column = arrow_text(pd.Series(["a", "00", "b"], dtype=dtype)[1:])
    assert column.to_pylist() == ["00", "b"]
    assert arrow_text(pd.Series([], dtype=dtype)).to_pylist() == []


@given(EXPECTED, st.lists(st.integers(0, 40), max_size=3), KINDS, KINDS, st.data())
def test_the_expected_order_is_recognised_and_nothing_like_it(expected, cuts, kind, other, data):
    wanted = chunked(expected, other, cuts)
    assert match_ids(chunked(expected, kind, []), wanted).tolist() == [*range(len(expected))]
    if len(expected) < 3:
        return
    place = data.draw(st.integers(1, len(expected) - 2))  # its ends stay as they are
    ids = [*expected]
    ids[place] = data.draw(st.none() | TEXT | st.sampled_from(expected))
    places = {text: i for i, text in enumerate(expected)}
    matched = match_ids(chunked(ids, kind, cuts), wanted)
    assert matched.tolist() == [places.get(text, -1) for text in ids]
