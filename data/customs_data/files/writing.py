"""Writing tables: the canonical CSV stream, its checksum, and Parquet.

The checksum of a table is that of its canonical CSV stream, also if it is stored as Parquet: the
bytes of a Parquet file depend on the version of the library.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from customs_data.files.atomic import replace_file, write_errors
from customs_data.files.table_parts import is_in_parts, joint_sha256, table_parts
from customs_data.parallel import map_in_order, threads
from customs_data.schema import COLUMN, ERASED, LABEL_COLUMNS

FileFormat = Literal["csv", "parquet"]
_CHUNK_ROWS = 65_536
_PARTS_AT_A_TIME = 2
_ROWS_PER_GROUP = 1_000_000
_REPEATING = ("time", "code", "label")

# Numbers up to these limits are written by integer arithmetic, which is ten times as fast: a
# decimal of up to 15 digits is the shortest form of its float64.
_MOST_DECIMALS = 6
_LARGEST_WHOLE = 10**15
_SMALLEST_PLAIN = 1e-4  # Python writes smaller ones with an exponent


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


def line_chunks(whole: pa.Table) -> Iterator[bytes]:
    """Yield the canonical CSV of a table in pieces, without the header line."""
    parts = (whole.slice(start, _CHUNK_ROWS) for start in range(0, whole.num_rows, _CHUNK_ROWS))
    with threads(_PARTS_AT_A_TIME if whole.num_rows > _CHUNK_ROWS else 1) as executor:
        yield from map_in_order(csv_lines, parts, executor)


def csv_header(names: list[str]) -> bytes:
    """Return the header line of the canonical CSV."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(names)
    return line.getvalue().encode()


def csv_lines(table: pa.Table) -> bytes:
    """Return the canonical CSV of some rows, without the header line."""
    texts = pa.table([_texts(column) for column in table.columns], names=table.column_names)
    out = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    try:
        pyarrow.csv.write_csv(texts, out, options)
    except pa.ArrowInvalid:  # a cell with a comma or quote: rare, and written by pandas
        text: str = texts.to_pandas().to_csv(index=False, header=False, lineterminator="\n")
        return text.encode()
    return out.getvalue()


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    """Return the cells' text in the canonical CSV; missing cells become null."""
    kind = column.type
    if pa.types.is_floating(kind):
        return _number_texts(column.to_numpy())
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        # A period has few distinct days: format each once.
        days = pc.dictionary_encode(pc.cast(column, pa.date32())).combine_chunks()
        if isinstance(days, pa.ChunkedArray):  # without rows
            return pa.array([], pa.string())
        return pc.take(pc.cast(days.dictionary, pa.string()), days.indices)
    return pc.cast(column, pa.string())


def _number_texts(numbers: npt.NDArray[np.float64]) -> pa.Array:
    """Return the shortest decimal forms, as Python writes them; missing numbers are null."""
    size = np.abs(numbers)
    plain = (size < _LARGEST_WHOLE / 10**_MOST_DECIMALS) & (
        (size >= _SMALLEST_PLAIN) | (numbers == 0.0)
    )
    plain &= ~np.signbit(numbers)
    for decimals in (2, _MOST_DECIMALS):
        scale = 10**decimals
        whole = np.rint(np.where(plain, numbers, 0.0) * scale)
        if np.array_equal(whole[plain] / scale, numbers[plain]):
            break
    else:
        plain &= whole / scale == numbers
    before, behind = np.divmod(whole.astype(np.int64), scale)
    texts = pc.binary_join_element_wise(
        pc.cast(pa.array(before), pa.string()), _decimals(behind, decimals), "."
    )
    if plain.all():
        return texts
    # Odd numbers repeat: probabilities below .0001 have two digits. Write each form once.
    odd = np.flatnonzero(~plain)
    values, place = np.unique(numbers[odd], return_inverse=True)
    forms = [None if np.isnan(x) else repr(x) for x in values.tolist()]
    spot = np.zeros(len(numbers), dtype=np.int64)
    spot[odd] = place.reshape(-1)
    return pc.if_else(pa.array(plain), texts, pc.take(pa.array(forms, pa.string()), pa.array(spot)))


def _decimals(behind: npt.NDArray[np.int64], decimals: int) -> pa.Array:
    """Return the digits after the point without trailing zeros, at least one."""
    if decimals <= 3:
        every = [f"{i:0{decimals}d}".rstrip("0") or "0" for i in range(10**decimals)]
        return pc.take(pa.array(every), pa.array(behind))
    # The first digits end at their last zero only if no other digit follows.
    ahead, rest = np.divmod(behind, 10 ** (decimals - 3))
    full = pa.array([f"{i:03d}" for i in range(1000)])
    first = pc.if_else(pa.array(rest == 0), _decimals(ahead, 3), pc.take(full, pa.array(ahead)))
    last = pc.if_else(pa.array(rest == 0), "", _decimals(rest, decimals - 3))
    return pc.binary_join_element_wise(first, last, "")


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


def _repeating(names: list[str]) -> list[str]:
    """Return the columns with few distinct values, which Parquet stores as dictionaries."""
    return [name for name in names if name not in COLUMN or COLUMN[name].role in _REPEATING]


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
                self._parquet = pyarrow.parquet.ParquetWriter(
                    self._path, table.schema, use_dictionary=_repeating(table.column_names)
                )
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
