"""Worlds on disk, so that a start or a full memory need not simulate them again.

It is a cache: every file follows from the master secret, and may be deleted. Like secret.json it
contains labels, in the same folder that nobody else can read.
"""

from __future__ import annotations

import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather

from customs_data.files.atomic import write_atomically
from customs_data.schema import DECLARED_COLUMNS
from customs_data.season.arrivals import Arrivals
from customs_leaderboard.season.live import Place
from customs_leaderboard.store.folder import disk_errors

_KINDS: Final = {
    "week": np.int32, "is_known": np.bool_, "fraud": np.int8, "critical": np.int8,
    "duty": np.float64, "probability": np.float64,
}  # fmt: skip
_CAP: Final = b"cap"


class WorldFiles:
    """A folder with a file per world in play.

    Parameters
    ----------
    folder : path
        Made with the first file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, place: Place) -> Arrivals | None:
        """Return a world; None if it has no file, or a damaged one."""
        try:
            table = feather.read_table(self._path(place))
            frame = table.to_pandas()
            columns = {name: frame[name].to_numpy(kind) for name, kind in _KINDS.items()}
            return Arrivals(
                frame[list(DECLARED_COLUMNS)],
                cap=float(json.loads(table.schema.metadata[_CAP])),
                **columns,
            )
        except (OSError, KeyError, ValueError, TypeError, pa.ArrowException):
            return None

    def save(self, place: Place, arrivals: Arrivals) -> None:
        """Write a world of the simulator.

        Raises
        ------
        UnavailableError
            If the disk does not respond.
        """
        hidden = pd.DataFrame({name: getattr(arrivals, name) for name in _KINDS})
        table = pa.Table.from_pandas(
            pd.concat([arrivals.declarations, hidden], axis=1), preserve_index=False
        )
        metadata = {**table.schema.metadata, _CAP: json.dumps(arrivals.cap).encode()}
        buffer = io.BytesIO()
        feather.write_feather(table.replace_schema_metadata(metadata), buffer, compression="zstd")
        with disk_errors():
            self._folder.mkdir(mode=0o700, exist_ok=True)
            write_atomically(self._path(place), buffer.getvalue(), mode=0o600)

    def delete(self, place: Place) -> None:
        """Delete the file of a world that is finished, if there is one."""
        with suppress(OSError):
            self._path(place).unlink(missing_ok=True)

    def _path(self, place: Place) -> Path:
        return self._folder / ("-".join(map(str, place)) + ".arrow")
