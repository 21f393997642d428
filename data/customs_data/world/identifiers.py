"""Identifiers that carry no information.

A number is placed in a stratum of the identifier space by a secret permutation and at a random
spot inside it: unique by construction, and telling neither order nor kind of what it names.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from customs_data.world.streams import Streams

IntArray = NDArray[np.int64]

_LETTERS = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
FIRST_DECLARATION_ID = 10_000_000
_DECLARATION_IDS = 90_000_000  # 8 digits without a leading zero, as in the release


def issue_numbers(name: str, count: int, space: int, streams: Streams) -> IntArray:
    """Distinct random numbers in ``0 .. space - 1``, shape (count,).

    Raises
    ------
    ValueError
        If there are more things to name than numbers.
    """
    width = space // max(count, 1)
    if width < 1:
        raise ValueError(f"{name}: count must be at most {space}, however: it is {count}.")
    place = np.empty(count, dtype=np.int64)
    place[streams.permutation(f"identifier/{name}/order", count)] = np.arange(count)
    u = streams.uniform(f"identifier/{name}/spot", 0, count)[:, 0]
    # The strata of width `space // count` leave a rest at the end: spread it by scaling exactly.
    first = place * (space // count) + np.minimum(place, space % count)
    return first + np.floor(u * width).astype(np.int64)


def issue_texts(name: str, count: int, length: int, streams: Streams) -> NDArray[np.object_]:
    """Distinct identifiers of `length` letters and digits, object array, shape (count,)."""
    number = issue_numbers(name, count, 36**length, streams)
    digits = np.empty((count, length), dtype=np.uint8)
    for column in range(length - 1, -1, -1):
        digits[:, column] = _LETTERS[number % 36]
        number = number // 36
    return digits.view(f"S{length}").reshape(count).astype(str).astype(object)


def issue_declaration_ids(count: int, streams: Streams) -> IntArray:
    """Distinct 8-digit declaration numbers, shape (count,)."""
    return FIRST_DECLARATION_ID + issue_numbers("declaration", count, _DECLARATION_IDS, streams)
