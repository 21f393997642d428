"""Named, counter-based random streams.

Every quantity of the world has a stream of its own, and the value at index ``i`` depends on the
stream's key and ``i`` only. So any division of the work gives the same bytes, and published values
(an identifier, a date) reveal nothing about others (a label).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from customs_data.keyed_random import derive
from customs_data.parallel import spans
from customs_data.world.drawing.arithmetic import normal_quantile

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_BITS_OF_ONE = np.float64(1.0).view(np.uint64)
_WORDS_PER_BLOCK = 4  # Philox4x64 gives four 64-bit words per counter step


@dataclass(frozen=True)
class Streams:
    """Random streams of one world.

    Attributes
    ----------
    secret : bytes
        At least 8 bytes; 32 random bytes for a competition.
    edition : str
        Name of the edition's configuration: with another one the same secret gives an unrelated
        world.
    """

    secret: bytes
    edition: str

    def __post_init__(self) -> None:
        if not isinstance(self.secret, bytes) or len(self.secret) < 8:
            raise ValueError("The secret must be bytes, at least 8 bytes long.")

    def key(self, name: str) -> int:
        """Return the 128-bit Philox key of a stream: SHA-256 of (secret, edition, name)."""
        return int.from_bytes(derive(self.secret, "world", self.edition, name)[:16], "big")

    def words(self, name: str, start: int, stop: int, width: int = 1) -> NDArray[np.uint64]:
        """Return random 64-bit words of the indices ``start .. stop - 1``, shape (n, width)."""
        return self._whole_blocks(name, start, stop, width)[:, :width]

    def _whole_blocks(self, name: str, start: int, stop: int, width: int) -> NDArray[np.uint64]:
        """Return the words of all blocks that contain the words asked for."""
        blocks = -(-width // _WORDS_PER_BLOCK)
        generator = np.random.Philox(key=self.key(name), counter=start * blocks)
        count = max(stop - start, 0)
        words = generator.random_raw(count * blocks * _WORDS_PER_BLOCK)
        return words.reshape(count, blocks * _WORDS_PER_BLOCK)

    def uniform(self, name: str, start: int, stop: int, width: int = 1) -> FloatArray:
        """Return uniform numbers in the open interval (0, 1), shape (n, width), float64."""
        # 52 bits plus a half: never 0 and never 1, so every quantile of them is finite. With the
        # sign and exponent of 1 the bits are a number in [1, 2); all steps are exact.
        words = self._whole_blocks(name, start, stop, width)  # whole rows are computed faster
        words >>= np.uint64(12)
        words |= _BITS_OF_ONE
        number = words.view(np.float64)
        number -= 1.0 - 2.0**-53
        return number[:, :width]

    def normal(self, name: str, start: int, stop: int, width: int = 1) -> FloatArray:
        """Return standard normal numbers, shape (n, width), float64."""
        return normal_quantile(self.uniform(name, start, stop, width))

    def permutation(self, name: str, size: int) -> IntArray:
        """Return a random order of ``0 .. size - 1``, shape (size,), int64."""
        return np.argsort(self.column("words", name, size), kind="stable").astype(np.int64)

    def column(self, kind: Literal["words", "uniform"], name: str, size: int) -> Any:
        """Return one number for each of the indices ``0 .. size - 1``, in little memory."""
        draw = self.words if kind == "words" else self.uniform
        numbers = np.empty(size, dtype=np.uint64 if kind == "words" else np.float64)
        for start, stop in spans(size):
            numbers[start:stop] = draw(name, start, stop)[:, 0]
        return numbers
