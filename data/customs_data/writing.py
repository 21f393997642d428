"""Writing tables: the canonical CSV stream, its checksum, and Parquet.

The checksum of a table is always that of its canonical CSV stream, also where it is stored as
Parquet: Parquet bytes differ between library versions, the CSV stream does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pandas as pd

from customs_data.schema import ERASED, LABEL_COLUMNS

FileFormat = Literal["csv", "parquet"]
_CHUNK_ROWS = 100_000


def csv_chunks(frame: pd.DataFrame) -> Iterator[bytes]:
    r"""Yield the canonical CSV of a table piece by piece.

    UTF-8, comma, ``\n``, one header line, dates YYYY-MM-DD, numbers in their shortest form that
    reads back to the same float64, missing cells and erased labels empty.
    """
    for start in range(0, max(len(frame), 1), _CHUNK_ROWS):
        chunk = _with_empty_cells(frame.iloc[start : start + _CHUNK_ROWS])
        text = chunk.to_csv(
            index=False, header=start == 0, lineterminator="\n", date_format="%Y-%m-%d"
        )
        yield text.encode()


def _with_empty_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn erased labels (-1) into missing cells, as files have them."""
    labels = [name for name in LABEL_COLUMNS if name in frame]
    if not labels:
        return frame
    return frame.assign(**frame[labels].astype("Int8").mask(frame[labels] == ERASED))


def table_sha256(frame: pd.DataFrame) -> str:
    """SHA-256 of the canonical CSV stream of a table, in hexadecimal."""
    digest = hashlib.sha256()
    for chunk in csv_chunks(frame):
        digest.update(chunk)
    return digest.hexdigest()


def stored_sha256(path: Path, frame: pd.DataFrame) -> str:
    """SHA-256 of the canonical CSV stream of the table stored at `path` and read as `frame`."""
    if path.suffix != ".csv":
        return table_sha256(frame)
    with path.open("rb") as stream:  # a stored CSV *is* the canonical stream
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_table(frame: pd.DataFrame, path: Path, file_format: FileFormat = "csv") -> str:
    """Write a table.

    Parameters
    ----------
    frame : DataFrame
        Schema columns (or an organizer's table beside them).
    path : path
        File to write; its suffix is replaced by that of the format.
    file_format : {'csv', 'parquet'}
        How the table is stored.

    Returns
    -------
    str
        SHA-256 of the canonical CSV stream, computed while writing.
    """
    if file_format == "parquet":
        _with_empty_cells(frame).to_parquet(path.with_suffix(".parquet"), index=False)
        return table_sha256(frame)
    digest = hashlib.sha256()
    with path.with_suffix(".csv").open("wb") as stream:
        for chunk in csv_chunks(frame):
            stream.write(chunk)
            digest.update(chunk)
    return digest.hexdigest()
