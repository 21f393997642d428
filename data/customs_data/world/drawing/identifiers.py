"""Identifiers that reveal nothing, neither order nor kind of what they name.

The identifier of item ``i`` is a keyed permutation of the identifier space, computed from ``i``
alone: a Feistel network whose round functions are tables of random numbers, repeated while the
number lies outside the space (cycle walking; Black and Rogaway, CT-RSA 2002). So any part of a
world can be named without the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from customs_data.parallel import spans
from customs_data.world.drawing.random_streams import Streams

IntArray = NDArray[np.int64]

_LETTERS = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
_ROUNDS = 8
FIRST_DECLARATION_ID = 10_000_000
_DECLARATION_IDS = 90_000_000  # 8 digits without a leading zero, as in the release


@dataclass(frozen=True)
class Permutation:
    """A keyed permutation of ``0 .. space - 1``.

    Attributes
    ----------
    space : int
    side : int
        Smallest number whose square is at least `space`; half of a number is below it.
    tables : int32 array, shape (n_rounds, side)
        Round functions.
    """

    space: int
    side: int
    tables: NDArray[np.int32]

    @classmethod
    def draw(cls, name: str, space: int, streams: Streams) -> Permutation:
        """Draw the permutation of one kind of identifier."""
        side = isqrt(space - 1) + 1
        u = streams.uniform(f"identifier/{name}", 0, side, _ROUNDS)
        return cls(space, side, np.ascontiguousarray(np.floor(u.T * side), dtype=np.int32))

    def __call__(self, number: IntArray) -> IntArray:
        """Return the images of numbers below `space`, shape (n,)."""
        image = self._once(number)
        outside = np.flatnonzero(image >= self.space)
        while len(outside):
            image[outside] = self._once(image[outside])
            outside = outside[image[outside] >= self.space]
        return image

    def _once(self, number: IntArray) -> IntArray:
        left, right = (half.astype(np.int32) for half in np.divmod(number, self.side))
        for table in self.tables:
            total = left + table[right]
            left, right = right, np.where(total >= self.side, total - self.side, total)
        return left.astype(np.int64) * self.side + right


def issue_numbers(name: str, count: int, space: int, streams: Streams) -> IntArray:
    """Return distinct random numbers in ``0 .. space - 1``, shape (count,).

    Raises
    ------
    ValueError
        If there are more items than numbers.
    """
    if count > space:
        raise ValueError(f"{name}: {count:,} items, but only {space:,} identifiers.")
    permutation = Permutation.draw(name, space, streams)
    number = np.empty(count, dtype=np.int64)
    for start, stop in spans(count):
        number[start:stop] = permutation(np.arange(start, stop))
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
