"""Matching declarations by their ID, at national scale.

IDs are text, and text may be anything. Where all expected IDs are plain digits of one width - as
customs offices number declarations - they are matched as whole numbers, without a Python string or
a hash of text; the result is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Places = npt.NDArray[np.int64]

# Rows handled at a time: temporary arrays stay in the processor's cache.
_BLOCK: Final = 1 << 17
# Digits that fit int64 whatever they are.
_MAX_WIDTH: Final = 18
# A table over the whole range of numbers (4 bytes an entry) is taken where it is at most so many
# times longer than the IDs; a hash table takes about as much.
_MAX_SPARSITY: Final = 16


def match_ids(ids: pa.ChunkedArray, expected: pa.ChunkedArray) -> Places:
    """Find each ID among the expected ones.

    Parameters
    ----------
    ids : ChunkedArray of string or large_string, length n_rows
        Any text, nulls included.
    expected : ChunkedArray of string or large_string, length n_expected
        Distinct IDs, none null.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        Place among `expected`, or -1.

    Examples
    --------
    >>> ids, expected = pa.chunked_array([["30", "20", "020"]]), pa.chunked_array([["20", "30"]])
    >>> match_ids(ids, expected).tolist()
    [1, 0, -1]
    """
    if is_same(ids, expected):
        return np.arange(len(ids), dtype=np.int64)
    width = _common_width(expected)
    numbers = None if width is None else _numbers(expected, width)
    if width is None or numbers is None or (numbers < 0).any():
        return _match_text(ids, expected)
    low, high = int(numbers.min()), int(numbers.max())
    if high - low >= _MAX_SPARSITY * len(numbers):
        found = pd.Index(numbers).get_indexer(pd.Index(_numbers(ids, width)))
        return np.asarray(found, dtype=np.int64)
    table = np.full(high - low + 2, -1, dtype=np.int32)  # the last entry stands for all others
    for start in range(0, len(numbers), _BLOCK):
        block = numbers[start : start + _BLOCK]
        table[block - low] = np.arange(start, start + len(block), dtype=np.int32)
    del numbers
    places = np.empty(len(ids), dtype=np.int64)
    start = 0
    for block in _number_blocks(ids, width):
        if block.min() < low or block.max() > high:
            block = np.where((block >= low) & (block <= high), block, high + 1)
        places[start : start + len(block)] = table[block - low]
        start += len(block)
    return places


def is_same(ids: pa.ChunkedArray, expected: pa.ChunkedArray) -> bool:
    """Whether there are IDs, and they stand in the expected order, as they do in most submissions.

    Parameters
    ----------
    ids, expected : ChunkedArray of string or large_string
        IDs.
    """
    if len(ids) != len(expected) or not len(ids):
        return False
    if any(ids[end].as_py() != expected[end].as_py() for end in (0, -1)):
        return False  # without a look at the others
    if ids.type != expected.type:
        ids, expected = ids.cast(pa.large_string()), expected.cast(pa.large_string())
    return bool(ids.equals(expected))


def is_repeat(places: Places, n_expected: int) -> npt.NDArray[np.bool_]:
    """Whether an earlier row has the same place; rows without a place (-1) repeat nothing.

    Parameters
    ----------
    places : ndarray of int64, shape (n_rows,)
        As `match_ids` returns them.
    n_expected : int
        Number of places.

    Returns
    -------
    ndarray of bool, shape (n_rows,)

    Examples
    --------
    >>> is_repeat(np.array([1, -1, 1, 0, -1]), 2).tolist()
    [False, False, True, False, False]
    """
    # Written backwards, the first row of a place is the one that stays.
    first = np.zeros(n_expected + 1, dtype=np.int64)
    first[places[::-1]] = np.arange(len(places) - 1, -1, -1)
    return np.asarray((places >= 0) & (first[places] != np.arange(len(places))))


def arrow_text(text: pd.Series[str]) -> pa.ChunkedArray:
    """Text column of a DataFrame as an Arrow column; not copied where it is one inside."""
    column = pa.array(text, from_pandas=True)
    if pa.types.is_null(column.type):
        column = column.cast(pa.string())
    return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])


def _match_text(ids: pa.ChunkedArray, expected: pa.ChunkedArray) -> Places:
    """As `match_ids`, by hashing the text."""
    if ids.type != expected.type:
        ids, expected = ids.cast(pa.large_string()), expected.cast(pa.large_string())
    places = pc.fill_null(pc.index_in(ids, value_set=expected, skip_nulls=True), -1)
    return np.asarray(places.to_numpy(), dtype=np.int64)


def _common_width(ids: pa.ChunkedArray) -> int | None:
    """Bytes of every ID, where they are all of one width that whole numbers can hold."""
    if not len(ids) or ids.null_count:
        return None
    lengths = pc.min_max(pc.binary_length(ids))
    width = int(lengths["max"].as_py())
    return width if lengths["min"].as_py() == width and 0 < width <= _MAX_WIDTH else None


def _numbers(ids: pa.ChunkedArray, width: int) -> Places:
    """Whole number of each ID of `width` digits, -1 for any other text."""
    numbers = np.empty(len(ids), dtype=np.int64)
    start = 0
    for block in _number_blocks(ids, width):
        numbers[start : start + len(block)] = block
        start += len(block)
    return numbers


def _number_blocks(ids: pa.ChunkedArray, width: int) -> Iterator[Places]:
    """Yield `_numbers` block by block."""
    for chunk in ids.chunks:
        for start in range(0, len(chunk), _BLOCK):
            yield _block_numbers(chunk.slice(start, _BLOCK), width)


def _block_numbers(block: pa.Array, width: int) -> Places:
    """Read the bytes of a piece of text column as numbers."""
    starts, content = _bytes(block)
    sound = np.diff(starts) == width
    if block.null_count:
        sound &= np.asarray(block.is_valid())
    if sound.all():
        digits = content[starts[0] : starts[-1]].reshape(-1, width)
    else:
        digits = content[starts[:-1][sound, None] + np.arange(width)]
    digits = digits - np.uint8(ord("0"))  # other bytes wrap round to more than 9
    value = digits[:, 0].astype(np.int64)
    for column in digits.T[1:]:
        value *= 10
        value += column
    if digits.max(initial=0) > 9:
        value[(digits > 9).any(axis=1)] = -1
    if sound.all():
        return value
    numbers = np.full(len(block), -1, dtype=np.int64)
    numbers[sound] = value
    return numbers


def _bytes(block: pa.Array) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
    """Where each text starts (and the last ends), and the bytes they start in; no copies."""
    _, starts, content = block.buffers()
    kind = np.int64 if pa.types.is_large_string(block.type) else np.int32
    places = np.frombuffer(
        starts, dtype=kind, count=len(block) + 1, offset=block.offset * np.dtype(kind).itemsize
    )
    return places, np.frombuffer(content or b"", dtype=np.uint8)
