"""Reading a file into columns of text: CSV (UTF-8, with or without BOM, also gzipped) or Parquet.

Nothing is guessed or repaired: cells keep their text, lines that do not fit the header are reported
by number, and a file that cannot be read is a KitError. Only pandas' unnamed index is left out.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from customs_data.errors import KitError
from customs_data.files.csv_parsing import UTF8_BOM, check_encoding, parse_csv, parse_header
from customs_data.files.problems import ProblemReport
from customs_data.files.raw_table import RawTable, join_tables
from customs_data.files.recognition import GZIP_MAGIC, PARQUET_MAGIC
from customs_data.files.table_parts import is_in_parts, part_name, table_parts

# What pandas calls an index without a name.
_INDEX_NAME = re.compile(r"__index_level_\d+__")
_READ_STEP = 1 << 20
_PART = 1 << 17
_PACKED_PART = 1 << 14
_GZIP_BITS = 16 + zlib.MAX_WBITS
# Blocked gzip has pieces of 64 KiB.
_FEW_MEMBERS = 64
_MEMBER_BYTES = 1 << 14
_BYTES_PER_CELL = 8
# Row groups from which on a Parquet file is read group by group.
_FEWEST_PARTS = 3


def read_table(
    path: Path | str, *, max_bytes: int | None = None, source: str | None = None
) -> RawTable:
    """Read a CSV, gzipped CSV or Parquet file without interpreting its cells.

    Parameters
    ----------
    path : path
        File of any name; its first bytes determine the format. Or the folder of a table in parts
        (see `customs_data.files.table_parts`).
    max_bytes : int, optional
        Largest content accepted, after decompression. Decompression stops there, so that a small
        file cannot fill the memory.
    source : str, optional
        Name of the file in messages; its path by default.

    Raises
    ------
    KitError
        If the file is missing, unreadable, empty, not UTF-8, damaged, or larger than `max_bytes`.
    """
    path = Path(path)
    if max_bytes is None and is_in_parts(path):
        return join_tables(path.name, list(read_parts(path)))
    content = read_content(path, max_bytes=max_bytes, source=source)
    name = path.name if source is None else source
    if content is None:
        return _read_parquet(path, max_bytes, str(path) if source is None else source, name)
    return parse_csv(content, source=name)


def read_content(
    path: Path,
    *,
    max_bytes: int | None = None,
    source: str | None = None,
    watch: Callable[[bytes], None] | None = None,
) -> bytes | None:
    """Return the decompressed bytes of a CSV file, or None if the file is Parquet.

    Parameters and errors are those of `read_table`; `watch` is called with each part as it is read,
    and may raise an exception to stop the reading.
    """
    called = str(path) if source is None else source
    try:
        magic = _first_bytes(path, called)
    except OSError as error:
        raise KitError(f"{called} cannot be read: {error.strerror}.") from None
    if magic == PARQUET_MAGIC:
        return None
    return _read_bytes(path, max_bytes, called, watch or (lambda _part: None))


def read_header(path: Path | str) -> tuple[str, ...]:
    """Return the column names of a file without reading its rows.

    Raises
    ------
    KitError
        As in `read_table`.
    """
    path = table_parts(Path(path))[0]
    with _read_errors(path):
        magic = _first_bytes(path, str(path))
        if magic == PARQUET_MAGIC:
            schema = pyarrow.parquet.read_schema(path)
            index = _index_columns(schema)
            return tuple(name for name in schema.names if name not in index)
        with _open_csv(path, magic) as stream:
            line = stream.readline(_READ_STEP)
    line = line.removeprefix(UTF8_BOM).rstrip(b"\n")
    check_encoding(line, path.name)
    return parse_header(line, path.name)


def ignored_columns(path: Path | str) -> tuple[str, ...]:
    """Return the columns that reading leaves out: a Parquet file's index of row numbers by pandas.

    Raises
    ------
    KitError
        As in `read_table`.
    """
    path = table_parts(Path(path))[0]
    with _read_errors(path):
        is_parquet = _first_bytes(path, str(path)) == PARQUET_MAGIC
        return _index_columns(pyarrow.parquet.read_schema(path)) if is_parquet else ()


@contextmanager
def _read_errors(path: Path) -> Iterator[None]:
    """Turn errors of reading a header into a KitError of one sentence."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise KitError(f"{path} is a damaged gzip file: {error}. Compress it again.") from None
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise _damaged(path.name, error) from None
    except OSError as error:
        raise KitError(f"{path} cannot be read: {error.strerror or error}.") from None


def _index_columns(schema: pa.Schema) -> tuple[str, ...]:
    """Return the columns without a name of their own that pandas stored as the index."""
    try:
        stored = (schema.pandas_metadata or {}).get("index_columns", [])
    except (ValueError, AttributeError):  # metadata of another program
        return ()
    return tuple(x for x in stored if isinstance(x, str) and _INDEX_NAME.fullmatch(x))


def _first_bytes(path: Path, called: str) -> bytes:
    if not path.exists():
        raise KitError(f"No such file: {called}.")
    if path.is_dir():
        raise KitError(f"{called} is a folder. Name a file in it.")
    if not path.is_file():  # a pipe or device, which cannot be read twice
        raise KitError(f"{called} is not a regular file.")
    with path.open("rb") as stream:
        return stream.read(len(PARQUET_MAGIC))


def _open_csv(path: Path, magic: bytes) -> gzip.GzipFile | io.BufferedReader:
    """Open a CSV file, decompressing it if its first bytes are those of gzip."""
    return gzip.open(path) if magic.startswith(GZIP_MAGIC) else path.open("rb")


def read_parts(path: Path | str) -> Iterator[RawTable]:
    """Yield the parts of a table in parts, the row groups of a large Parquet file, or a file whole.

    Raises
    ------
    KitError
        As in `read_table`, when a part is read.
    """
    path = Path(path)
    if is_in_parts(path):
        yield from _read_folder(path)
        return
    try:
        with path.open("rb") as stream:
            is_parquet = stream.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC
        parquet = pyarrow.parquet.ParquetFile(path) if is_parquet else None
    except (OSError, pa.ArrowException, UnicodeDecodeError):
        parquet = None  # `read_table` reports the error
    if parquet is None or parquet.num_row_groups < _FEWEST_PARTS:
        yield read_table(path)
        return
    start = 0
    for number in range(parquet.num_row_groups):
        table = _checked(path.name, partial(parquet.read_row_group, number))
        yield _raw(path.name, table, start)
        start += table.num_rows


def part_rows(path: Path) -> list[int]:
    """Return the number of rows of each part of a table in parts.

    Raises
    ------
    KitError
        If a part is missing or damaged.
    """
    rows = []
    for part in table_parts(path):
        with _read_errors(part):
            rows.append(pyarrow.parquet.read_metadata(part).num_rows)
    return rows


def _read_folder(path: Path) -> Iterator[RawTable]:
    """Yield the parts in a folder; row i of the table is line i + 2, as in one file."""
    start = 0
    first: tuple[str, ...] = ()
    for part in table_parts(path):
        name = f"{path.name}/{part.name}"
        # A stream, lest the library takes names of folders for columns.
        with _read_errors(part), part.open("rb") as stream:
            table = _checked(name, partial(pyarrow.parquet.read_table, stream))
        raw = _raw(name, table, start)
        first = first or raw.header
        if raw.header != first:
            odd = [it for it in (*raw.header, *first) if (it in first) != (it in raw.header)]
            raise KitError(
                f"{part} has other columns than {part_name(1)}: "
                f"{', '.join(odd) or 'another order'}. Fetch it again."
            )
        yield raw
        start += raw.n_rows


def _read_bytes(
    path: Path, max_bytes: int | None, called: str, watch: Callable[[bytes], None]
) -> bytes:
    """Read a file, decompressing gzip; stop at `max_bytes`."""
    too_large = KitError(
        f"{called} is larger than the limit of {max_bytes or 0:,} bytes (decompressed)."
    )
    most_members = None if max_bytes is None else _FEW_MEMBERS + max_bytes // _MEMBER_BYTES
    parts: list[bytes] = []
    size = 0
    try:
        with path.open("rb") as raw:
            is_gzip = raw.read(len(GZIP_MAGIC)) == GZIP_MAGIC
            raw.seek(0)
            for part in _gunzip(raw, most_members) if is_gzip else _parts(raw):
                size += len(part)
                if max_bytes is not None and size > max_bytes:
                    raise too_large
                parts.append(part)
                watch(part)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise KitError(f"{called} is a damaged gzip file: {error}. Compress it again.") from None
    except OSError as error:
        raise KitError(f"{called} cannot be read: {error.strerror or error}.") from None
    return b"".join(parts)


def _parts(stream: IO[bytes]) -> Iterator[bytes]:
    while part := stream.read(_PART):
        yield part


def _gunzip(stream: IO[bytes], most_members: int | None) -> Iterator[bytes]:
    """Yield the content of a gzip file in parts of limited size.

    Raises
    ------
    EOFError, gzip.BadGzipFile, zlib.error
        If it is damaged, or consists of more than `most_members` compressed pieces.
    """
    n_members = 0
    packed = stream.read(_PACKED_PART)
    while packed:
        n_members += 1
        if most_members is not None and n_members > most_members:
            raise gzip.BadGzipFile(f"it consists of more than {most_members:,} pieces")
        member = zlib.decompressobj(_GZIP_BITS)
        while not member.eof:
            if part := member.decompress(packed, _PART):
                yield part
            packed = member.unconsumed_tail
            if not (packed or member.eof):
                packed = stream.read(_PACKED_PART)
                if not (packed or part):
                    raise EOFError("it breaks off before its end")
        packed = member.unused_data.lstrip(b"\0")  # there may be padding
        while not packed and (more := stream.read(_PACKED_PART)):
            packed = more.lstrip(b"\0")


def _read_parquet(path: Path, max_bytes: int | None, called: str, name: str) -> RawTable:
    """Read a Parquet file; row i is line i + 2, as in the CSV file of the same rows."""
    try:
        parquet = pyarrow.parquet.ParquetFile(path)
        metadata = parquet.metadata
        size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
        # A dictionary stores a repeated value once; unpacked, every cell takes memory.
        size = max(size, metadata.num_rows * metadata.num_columns * _BYTES_PER_CELL)
        if max_bytes is not None and size > max_bytes:
            raise KitError(
                f"{called} has {size:,} bytes uncompressed, above the limit of {max_bytes:,}."
            )
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _damaged(name, error) from None
    return _raw(name, _checked(name, parquet.read), 0)


def _checked(name: str, read: Callable[[], pa.Table]) -> pa.Table:
    """Read a part of a Parquet file and validate every value."""
    try:
        table = read()
        table.validate(full=True)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _damaged(name, error) from None
    return table


def _damaged(name: str, error: Exception) -> KitError:
    first_line = (str(error).splitlines() or [""])[0]
    return KitError(f"{name} is a damaged Parquet file: {first_line.replace('UTF8', 'UTF-8')}")


def _raw(name: str, table: pa.Table, start: int) -> RawTable:
    """Return a table whose first row is row `start` of the file."""
    if index := _index_columns(table.schema):
        table = table.drop_columns([name for name in index if name in table.column_names])
    lines = np.arange(start + 2, start + table.num_rows + 2, dtype=np.int64)
    columns = tuple(table.columns)
    return RawTable(name, tuple(table.column_names), columns, lines, ProblemReport(name))
