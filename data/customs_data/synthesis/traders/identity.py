"""New anonymous IDs: seven letters and digits, six for couriers."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from customs_data.synthesis.encoding.rows import Ints
from customs_data.world.drawing.identifiers import DeclarationIds, issue_texts
from customs_data.world.drawing.random_streams import Streams

_LENGTH: Final = 7
_COURIER_LENGTH: Final = 6


def issue_ids(name: str, code: Ints, rng: np.random.Generator) -> npt.NDArray[Any]:
    """Return an ID for each code, None for negative ones; object, shape of `code`."""
    length = _COURIER_LENGTH if name == "Courier ID" else _LENGTH
    texts = issue_texts(
        name, int(code.max(initial=-1)) + 1, length, Streams(rng.bytes(32), "synthesis")
    )
    extended = np.empty(len(texts) + 1, dtype=object)  # the last entry is for negative codes
    extended[:-1] = texts
    return np.asarray(extended[np.where(code < 0, len(texts), code)])


def issue_keys(count: int, rng: np.random.Generator) -> npt.NDArray[Any]:
    """Return distinct Declaration IDs of eight digits, as text, shape (count,)."""
    ids = DeclarationIds.draw(count, Streams(rng.bytes(32), "synthesis"))
    return ids.issue(0, count).astype(str).astype(object)
