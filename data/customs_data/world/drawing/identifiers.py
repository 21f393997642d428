"""Identifiers that reveal nothing, neither order nor kind of what they name.

The identifier of item ``i`` is a keyed permutation of the identifier space, computed from ``i``
alone: a Feistel network, repeated while the number lies outside the space (cycle walking; Black and
Rogaway, CT-RSA 2002). So any part of a world can be named without the others, and no table of all
identifiers is needed.
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
Words = NDArray[np.uint64]

_LETTERS = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
_ROUNDS = 8
_ONE, _HALF = np.uint64(1), np.uint64(32)
_FEWEST_DIGITS = 8  # of a Declaration ID, as in the release


@dataclass(frozen=True)
class Permutation:
    """A keyed permutation of ``0 .. space - 1``.

    Attributes
    ----------
    space : int
    side : int
        Smallest number whose square is at least `space`; half of a number is below it.
    keys : uint64 array, shape (n_rounds, 2)
        Keys of the round functions.
    """

    space: int
    side: int
    keys: Words

    @classmethod
    def draw(cls, name: str, space: int, streams: Streams) -> Permutation:
        """Draw the permutation of one kind of identifier."""
        return cls(space, isqrt(space - 1) + 1, streams.words(f"identifier/{name}", 0, _ROUNDS, 2))

    def __call__(self, number: IntArray) -> IntArray:
        """Return the images of numbers below `space`, shape (n,)."""
        image = self._once(number)
        outside = np.flatnonzero(image >= self.space)
        while len(outside):
            image[outside] = self._once(image[outside])
            outside = outside[image[outside] >= self.space]
        return image

    def _once(self, number: IntArray) -> IntArray:
        side = np.uint64(self.side)
        left, right = np.divmod(number.astype(np.uint64), side)
        for first, second in self.keys:
            total = left + _mix((right + first) * (second | _ONE), side)
            left, right = right, np.where(total >= side, total - side, total)
        return np.asarray(left * side + right, dtype=np.int64)


def _mix(value: Words, below: np.uint64) -> Words:
    """Turn words into numbers in ``0 .. below - 1``, by the mixing function of SplitMix64.

    Steele, Lea and Flood (2014). Fast splittable pseudorandom number generators. OOPSLA.
    """
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((value >> _HALF) * below) >> _HALF


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


@dataclass(frozen=True)
class DeclarationIds:
    """Declaration IDs of a world, computed when they are asked for.

    Attributes
    ----------
    first : int
        Smallest number with so many digits.
    permutation : Permutation
        Permutation of all numbers with so many digits.
    """

    first: int
    permutation: Permutation

    @classmethod
    def draw(cls, count: int, streams: Streams) -> DeclarationIds:
        """Draw the IDs of `count` declarations: 8 digits, as in the release, or more if needed.

        All IDs of a world have equally many digits and no leading zero, so that they sort as
        numbers and as text alike.
        """
        digits = _FEWEST_DIGITS
        while 9 * 10 ** (digits - 1) < count:
            digits += 1
        space = 9 * 10 ** (digits - 1)
        return cls(10 ** (digits - 1), Permutation.draw("declaration", space, streams))

    def issue(self, start: int, stop: int) -> IntArray:
        """Return the IDs of the declarations ``start .. stop - 1``, shape (n,)."""
        number = np.empty(stop - start, dtype=np.int64)
        for first, last in spans(stop, start):  # small enough for the processor's cache
            number[first - start : last - start] = self.permutation(np.arange(first, last))
        number += self.first
        return number
