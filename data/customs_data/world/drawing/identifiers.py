"""Identifiers that reveal nothing, neither order nor kind of what they name.

A secret permutation gives each item a stratum of the identifier space, and a random number the
place within it. So identifiers are unique by construction.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from customs_data.parallel import spans
from customs_data.world.drawing.random_streams import Streams

IntArray = NDArray[np.int64]

_LETTERS = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
FIRST_DECLARATION_ID = 10_000_000
_DECLARATION_IDS = 90_000_000  # 8 digits without a leading zero, as in the release


def issue_numbers(name: str, count: int, space: int, streams: Streams) -> IntArray:
    """Return distinct random numbers in ``0 .. space - 1``, shape (count,).

    Raises
    ------
    ValueError
        If there are more items than numbers.
    """
    width = space // max(count, 1)
    if width < 1:
        raise ValueError(f"{name}: {count:,} items, but only {space:,} identifiers.")
    number = np.empty(count, dtype=np.int64)
    number[streams.permutation(f"identifier/{name}/order", count)] = np.arange(count)
    for start, stop in spans(count):
        place = number[start:stop]
        u = streams.uniform(f"identifier/{name}/spot", start, stop)[:, 0]
        # The first `space % count` strata are one wider, so that the whole space is used.
        first = place * (space // count) + np.minimum(place, space % count)
        number[start:stop] = first + np.floor(u * width).astype(np.int64)
    return number


def issue_texts(name: str, count: int, length: int, streams: Streams) -> pa.StringArray:
    """Return distinct identifiers of `length` letters and digits, shape (count,)."""
    number = issue_numbers(name, count, 36**length, streams)
    digits = np.empty((count, length), dtype=np.uint8)
    for column in range(length - 1, -1, -1):
        digits[:, column] = _LETTERS[number % 36]
        number //= 36
    ends = np.arange(count + 1, dtype=np.int32) * np.int32(length)
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(digits))


def issue_declaration_ids(count: int, streams: Streams) -> NDArray[np.int32]:
    """Return distinct declaration numbers of 8 digits, shape (count,)."""
    number = issue_numbers("declaration", count, _DECLARATION_IDS, streams)
    return (FIRST_DECLARATION_ID + number).astype(np.int32)
