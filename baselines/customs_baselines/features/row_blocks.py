"""Features computed when read, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from functools import partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from customs_data.parallel import map_in_order, spans

Floats = npt.NDArray[np.float64]

#: Rows read at a time: a hundred features of them take 100 MB.
ROWS_AT_A_TIME = 131_072


class FeatureRows(Protocol):
    """Features of declarations, shape (n_rows, n_features), not all in memory at once.

    The rows are the declarations in their order; all of them again if there are several
    descriptions of each.
    """

    def __len__(self) -> int:
        """Number of rows."""

    def read(self, start: int, stop: int) -> Floats:
        """Features of the rows ``start .. stop - 1``, float64."""

    def forget(self) -> None:
        """Free the memory behind the features; nothing can be read afterwards."""


class MatrixRows:
    """Features that are in memory already.

    Parameters
    ----------
    matrix : ndarray of float64, shape (n_declarations, n_features)
    """

    def __init__(self, matrix: Floats) -> None:
        self._matrix = matrix

    def __len__(self) -> int:
        return len(self._matrix)

    def read(self, start: int, stop: int) -> Floats:
        """See `FeatureRows`."""
        return self._matrix[start:stop]

    def forget(self) -> None:
        """See `FeatureRows`."""
        del self._matrix


def read_blocks(
    rows: FeatureRows, executor: Executor | None = None
) -> Iterator[tuple[slice, Floats]]:
    """Yield the features block by block, each with the rows it belongs to."""
    blocks = spans(len(rows), size=ROWS_AT_A_TIME)
    features = map_in_order(partial(_read_block, rows), blocks, executor)
    for (start, stop), block in zip(blocks, features, strict=True):
        yield slice(start, stop), block


def _read_block(rows: FeatureRows, block: tuple[int, int]) -> Floats:
    return rows.read(*block)


def read_all(rows: FeatureRows) -> Floats:
    """Return the whole matrix."""
    return rows.read(0, len(rows))
