"""Writing tables: the canonical CSV stream, its checksum, and Parquet.

The checksum of a table is that of its canonical CSV stream, also if it is stored as Parquet: the
bytes of a Parquet file depend on the version of the library.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from customs_data.files.atomic import replace_file, write_errors
from customs_data.files.canonical_csv import csv_header, line_chunks
from customs_data.files.table_parts import is_in_parts, joint_sha256, table_parts
from customs_data.schema import COLUMN, ERASED, KEY, LABEL_COLUMNS

FileFormat = Literal["csv", "parquet"]
_ROWS_PER_GROUP = 1_000_000
_SORTED_BY = ("Date",)  # readers skip parts of a file by their first and last day
_REPEATING = ("time", "code", "label")


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """Return a frame as an Arrow table, with erased labels (-1) as missing cells."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
    for place, (name, kind) in enumerate(zip(table.column_names, table.schema.types, strict=True)):
        if name in LABEL_COLUMNS or kind == pa.int8():  # a task's own labels are int8, too
            label = pc.cast(table.column(place), pa.int8())
            erased = pc.equal(label, pa.scalar(ERASED, pa.int8()))
            table = table.set_column(place, name, pc.if_else(erased, None, label))
    return table


def csv_chunks(table: pd.DataFrame | pa.Table) -> Iterator[bytes]:
    r"""Yield the canonical CSV of a table in pieces.

    UTF-8, comma, ``\n``, one header line, dates YYYY-MM-DD, numbers in their shortest form that
    reads back to the same float64, missing cells and erased labels empty.
    """
    whole = to_arrow(table) if isinstance(table, pd.DataFrame) else table
    yield csv_header(whole.column_names)
    yield from line_chunks(whole)


def table_sha256(table: pd.DataFrame | pa.Table) -> str:
    """Return the SHA-256 of the canonical CSV stream of a table, in hexadecimal."""
    digest = hashlib.sha256()
    for chunk in csv_chunks(table):
        digest.update(chunk)
    return digest.hexdigest()


def stored_sha256(path: Path, frame: pd.DataFrame) -> str:
    """Return the SHA-256 of the table read from `path` as `frame`.

    It is that of its canonical CSV, or of a table in parts the one of `joint_sha256`.
    """
    if is_in_parts(path):
        return joint_sha256(part_digests(path, frame))
    if path.suffix != ".csv":
        return table_sha256(frame)
    with path.open("rb") as stream:  # a stored CSV is the canonical stream
        return hashlib.file_digest(stream, "sha256").hexdigest()


def part_digests(path: Path, frame: pd.DataFrame) -> Iterator[str]:
    """Yield the SHA-256 of the canonical CSV of each part of the table read as `frame`."""
    start = 0
    for part in table_parts(path):
        stop = start + pyarrow.parquet.read_metadata(part).num_rows
        yield table_sha256(frame.iloc[start:stop])
        start = stop


def _open_parquet(path: Path, schema: pa.Schema) -> pyarrow.parquet.ParquetWriter:
    """Open a Parquet file for tables of a schema."""
    return pyarrow.parquet.ParquetWriter(
        path,
        schema,
        # A copy of the Arrow schema in the file would make dictionaries of texts in memory be read
        # back as such; without it they are texts.
        store_schema=not any(pa.types.is_dictionary(kind) for kind in schema.types),
        use_dictionary=[field.name for field in schema if _repeats(field)],
        write_statistics=[name for name in _SORTED_BY if name in schema.names],
        # Random digits: to compress each row's own saves little and takes a seventh of the time.
        compression={name: "none" if name == KEY else "snappy" for name in schema.names},
    )


def _repeats(field: pa.Field) -> bool:
    """Return whether a column has few distinct values, which Parquet stores as a dictionary."""
    if field.name in COLUMN:
        return COLUMN[field.name].role in _REPEATING
    return not pa.types.is_floating(field.type)


class TableWriter:
    r"""Writes a table part by part and computes its checksum.

    Parameters
    ----------
    path : path
        File to write; its suffix is replaced by that of the format.
    file_format : {'csv', 'parquet'}
        Format of the file.

    Attributes
    ----------
    n_rows : int
        Rows written so far.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with TableWriter(Path(folder) / "days") as writer:
    ...         writer.write(pa.table({"Day": ["Mon"]}))
    ...         writer.write(pa.table({"Day": ["Tue"]}))
    ...     (Path(folder) / "days.csv").read_text()
    'Day\nMon\nTue\n'
    """

    def __init__(self, path: Path, file_format: FileFormat = "csv") -> None:
        self.n_rows = 0
        self._is_new = True
        self._path = path.with_suffix(f".{file_format}")
        self._digest = hashlib.sha256()
        self._csv = self._path.open("wb") if file_format == "csv" else None
        self._parquet: pyarrow.parquet.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for stream in (self._csv, self._parquet):
            if stream is not None:
                stream.close()

    def write(self, table: pa.Table) -> None:
        """Append rows; the first table, which may be empty, decides the columns."""
        self.append(table.column_names, table.num_rows, line_chunks(table), table)

    def append(
        self, names: list[str], n_rows: int, lines: Iterable[bytes], table: pa.Table | None
    ) -> None:
        """Append rows whose canonical CSV is known.

        Parameters
        ----------
        names : list of str
            Columns.
        n_rows : int
        lines : iterable of bytes
            The rows' canonical CSV without the header line, in pieces of any length.
        table : Table or None
            The rows, which Parquet needs.
        """
        for chunk in chain([csv_header(names)] if self._is_new else [], lines):
            self._digest.update(chunk)
            if self._csv is not None:
                self._csv.write(chunk)
        if self._csv is None:
            assert table is not None
            if self._parquet is None:
                self._parquet = _open_parquet(self._path, table.schema)
            self._parquet.write_table(table, row_group_size=_ROWS_PER_GROUP)
        self._is_new = False
        self.n_rows += n_rows

    @property
    def sha256(self) -> str:
        """SHA-256 of the canonical CSV stream so far, in hexadecimal."""
        return self._digest.hexdigest()


def write_table(frame: pd.DataFrame, path: Path, file_format: FileFormat = "csv") -> str:
    """Write a table to a file in one step.

    Parameters
    ----------
    frame : DataFrame
        Schema columns, or another table of an edition.
    path : path
        File to write; its suffix is replaced by that of the format.
    file_format : {'csv', 'parquet'}
        Format of the file.

    Returns
    -------
    str
        SHA-256 of the canonical CSV stream, computed while writing.
    """
    path = path.with_suffix(f".{file_format}")
    with write_errors(path), replace_file(path) as scratch:
        with TableWriter(scratch, file_format) as writer:
            writer.write(to_arrow(frame))
        return writer.sha256
