"""Matching declarations by their ID, at national scale.

IDs may be any text. If all expected IDs are digits of one width, as customs offices number
declarations, they are matched as integers, without Python strings and hashes of text. The result is
the same.
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

# Rows per block: temporary arrays stay in the processor's cache.
_BLOCK: Final = 1 << 17
# Any number of so many digits fits int64.
_MAX_WIDTH: Final = 18
# Largest size of a table over the whole range of numbers (4 bytes per entry), as a multiple of the
# number of IDs; a hash table takes about as much memory.
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
        indexes = pd.Index(numbers).get_indexer(pd.Index(_numbers(ids, width)))
        return np.asarray(indexes, dtype=np.int64)
    table = np.full(high - low + 2, -1, dtype=np.int32)  # the last entry is for all other numbers
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
    """Return whether there are IDs and they are the expected ones in the same order.

    Parameters
    ----------
    ids, expected : ChunkedArray of string or large_string
        IDs.
    """
    if len(ids) != len(expected) or not len(ids):
        return False
    if any(ids[end].as_py() != expected[end].as_py() for end in (0, -1)):
        return False  # without comparing the others
    if ids.type != expected.type:
        ids, expected = ids.cast(pa.large_string()), expected.cast(pa.large_string())
    return bool(ids.equals(expected))


def is_repeat(places: Places, n_expected: int) -> npt.NDArray[np.bool_]:
    """Return whether an earlier row has the same place; rows without a place (-1) are no repeats.

    Parameters
    ----------
    places : ndarray of int64, shape (n_rows,)
        Result of `match_ids`.
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
    # Written backwards, so that the first row of a place is the last one written.
    first = np.zeros(n_expected + 1, dtype=np.int64)
    first[places[::-1]] = np.arange(len(places) - 1, -1, -1)
    return np.asarray((places >= 0) & (first[places] != np.arange(len(places))))


def arrow_text(text: pd.Series[str]) -> pa.ChunkedArray:
    """Return a text column as an Arrow column; not copied if pandas stores it as one."""
    column = pa.array(text, from_pandas=True)
    if pa.types.is_null(column.type):
        column = column.cast(pa.string())
    return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])


def _match_text(ids: pa.ChunkedArray, expected: pa.ChunkedArray) -> Places:
    """Match IDs by hashing their text."""
    if ids.type != expected.type:
        ids, expected = ids.cast(pa.large_string()), expected.cast(pa.large_string())
    places = pc.fill_null(pc.index_in(ids, value_set=expected, skip_nulls=True), -1)
    return np.asarray(places.to_numpy(), dtype=np.int64)


def _common_width(ids: pa.ChunkedArray) -> int | None:
    """Return the width of the IDs in bytes, or None if it varies or exceeds an integer."""
    if not len(ids) or ids.null_count:
        return None
    lengths = pc.min_max(pc.binary_length(ids))
    width = int(lengths["max"].as_py())
    return width if lengths["min"].as_py() == width and 0 < width <= _MAX_WIDTH else None


def _numbers(ids: pa.ChunkedArray, width: int) -> Places:
    """Return the integer of each ID of `width` digits, -1 for any other text."""
    numbers = np.empty(len(ids), dtype=np.int64)
    start = 0
    for block in _number_blocks(ids, width):
        numbers[start : start + len(block)] = block
        start += len(block)
    return numbers


def _number_blocks(ids: pa.ChunkedArray, width: int) -> Iterator[Places]:
    """Yield the result of `_numbers` block by block."""
    for chunk in ids.chunks:
        for start in range(0, len(chunk), _BLOCK):
            yield _block_numbers(chunk.slice(start, _BLOCK), width)


def _block_numbers(block: pa.Array, width: int) -> Places:
    """Convert the bytes of a block of texts to numbers."""
    starts, content = _bytes(block)
    valid = np.diff(starts) == width
    if block.null_count:
        valid &= np.asarray(block.is_valid())
    if valid.all():
        digits = content[starts[0] : starts[-1]].reshape(-1, width)
    else:
        digits = content[starts[:-1][valid, None] + np.arange(width)]
    digits = digits - np.uint8(ord("0"))  # other bytes become more than 9
    value = digits[:, 0].astype(np.int64)
    for column in digits.T[1:]:
        value *= 10
        value += column
    if digits.max(initial=0) > 9:
        value[(digits > 9).any(axis=1)] = -1
    if valid.all():
        return value
    numbers = np.full(len(block), -1, dtype=np.int64)
    numbers[valid] = value
    return numbers


def _bytes(block: pa.Array) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
    """Return the offsets of the texts (and the end of the last) and their bytes, not copied."""
    _, starts, content = block.buffers()
    kind = np.int64 if pa.types.is_large_string(block.type) else np.int32
    places = np.frombuffer(
        starts, dtype=kind, count=len(block) + 1, offset=block.offset * np.dtype(kind).itemsize
    )
    return places, np.frombuffer(content or b"", dtype=np.uint8)
