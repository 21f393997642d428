"""Features of labelled rows in several parts, computed when read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from customs_baselines.cluster.parts import PublicParts
from customs_baselines.features.folds import Division, LeftOut
from customs_baselines.features.kit import KitFeatures, KitRows
from customs_baselines.features.row_blocks import FeatureRows, Floats
from customs_data.files.atomic import write_errors
from customs_data.split import rows_of


class PartRows:
    """The labelled declarations of some training parts (see `FeatureRows`), once per view.

    One part is in memory at a time, so they are best read in order.

    Parameters
    ----------
    features : KitFeatures
        Fitted.
    division : Division
        Cells of the declarations.
    views : sequence of float
        As of `KitFeatures.fit_rows`.
    parts : PublicParts
    numbers : sequence of int
        Training parts, from 0.

    Attributes
    ----------
    y : ndarray of int8, shape (n_rows,)
        Their labels: 1 or 0.
    """

    def __init__(
        self,
        features: KitFeatures,
        division: Division,
        views: Sequence[float],
        parts: PublicParts,
        numbers: Sequence[int],
    ) -> None:
        self._features = features
        self._division = division
        self._parts = parts
        self._pieces = [(number, share) for share in views for number in numbers]
        labels = [parts.read_labels(number) for number, _ in self._pieces]
        known = [y[y >= 0] for y in labels]
        self.y: npt.NDArray[np.int8] = np.concatenate(known)
        self._starts = list(accumulate((len(y) for y in known), initial=0))
        self._open: tuple[int, KitRows] | None = None
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self.y)

    def read(self, start: int, stop: int) -> Floats:
        """See `FeatureRows`."""
        blocks = [
            self._rows_of(place).read(max(start - first, 0), min(stop, last) - first)
            for place, (first, last) in enumerate(pairwise(self._starts))
            if start < last and stop > first
        ]
        return np.vstack(blocks)

    def forget(self) -> None:
        """See `FeatureRows`."""
        self._open = None

    def _rows_of(self, place: int) -> KitRows:
        with self._lock:
            if self._open is None or self._open[0] != place:
                self._open = None
                self._open = place, self._describe(*self._pieces[place])
            return self._open[1]

    def _describe(self, number: int, share: float) -> KitRows:
        X, y = self._parts.read_train(number)
        X = rows_of(X, y >= 0)
        cell = self._division.find(X)
        return self._features.find_rows(X, LeftOut.around(cell, self._division.n_cells, share))


class StoredRows:
    """Rows whose features are kept in a file when they are first read, in 32 bits as in XGBoost.

    XGBoost reads all blocks four times, and parts would be read and coded again each time. The
    file's pages count as memory of no process.

    Parameters
    ----------
    rows : FeatureRows
        Read in the same blocks each time, in any order and by several threads.
    folder : path
        For the file, which has no name there; it needs 4 bytes a feature and row.

    Raises
    ------
    KitError
        If the file cannot be written.
    """

    def __init__(self, rows: FeatureRows, folder: Path) -> None:
        self._rows = rows
        self._folder = folder
        with write_errors(folder):
            self._file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - see `forget`
        self._shapes: dict[tuple[int, int], tuple[int, int]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """See `FeatureRows`; here float32."""
        shape = self._shapes.get((start, stop))
        if shape is None:
            features = np.ascontiguousarray(self._rows.read(start, stop), dtype=np.float32)
            with write_errors(self._folder):
                _write_at(self._file.fileno(), features.tobytes(), start * features[0].nbytes)
            self._shapes[start, stop] = features.shape
            return features
        size = np.float32().nbytes * shape[0] * shape[1]
        content = _read_at(self._file.fileno(), size, size // shape[0] * start)
        return np.frombuffer(content, dtype=np.float32).reshape(shape)

    def forget(self) -> None:
        """See `FeatureRows`."""
        self._rows.forget()
        self._file.close()


def _write_at(descriptor: int, content: bytes, place: int) -> None:
    rest = memoryview(content)
    while rest:
        n = os.pwrite(descriptor, rest, place)
        rest, place = rest[n:], place + n


def _read_at(descriptor: int, size: int, place: int) -> bytearray:
    content = bytearray()
    while len(content) < size:  # one call returns at most 2 GiB
        content += os.pread(descriptor, size - len(content), place + len(content))
    return content
