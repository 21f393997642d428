"""From a file to columns of text: CSV (UTF-8, with or without BOM, optionally gzipped) or Parquet.

Nothing is guessed or silently repaired here: cells stay as they stand in the file, lines that do
not fit the header are reported with their number, and what cannot be read at all is a KitError.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from customs_data.errors import KitError
from customs_data.problems import ProblemReport

_GZIP_MAGIC = b"\x1f\x8b"
_PARQUET_MAGIC = b"PAR1"
_UTF8_BOM = b"\xef\xbb\xbf"
_READ_STEP = 1 << 20
_BYTES_PER_CELL = 8
# A Parquet file of more than this many row groups is read group by group.
_FEWEST_PARTS = 3


@dataclass(frozen=True)
class RawTable:
    """The cells of a file, not yet interpreted.

    Attributes
    ----------
    source : str
        File name for messages.
    header : tuple of str
        Column names as they stand in the file, duplicates included.
    columns : tuple of pyarrow.ChunkedArray
        One array a header entry; text for CSV, any type for Parquet.
    lines : ndarray of int64, shape (n_rows,)
        Line of the file each row stands in (the header is line 1).
    report : ProblemReport
        Lines that were left out because they do not fit the header.
    """

    source: str
    header: tuple[str, ...]
    columns: tuple[pa.ChunkedArray, ...]
    lines: npt.NDArray[np.int64]
    report: ProblemReport

    @property
    def n_rows(self) -> int:
        """Number of rows that fit the header."""
        return len(self.lines)


def read_table(
    path: Path | str, *, max_bytes: int | None = None, source: str | None = None
) -> RawTable:
    """Read a CSV, gzipped CSV or Parquet file without interpreting its cells.

    Parameters
    ----------
    path : path
        The file; what it is shows in its first bytes, not in its name.
    max_bytes : int, optional
        Refuse files whose content is larger (after decompression; it stops there, so that a small
        file cannot fill the memory).
    source : str, optional
        What the file is called in messages, where its path is nothing to tell.

    Raises
    ------
    KitError
        If the file is missing, unreadable, empty, not UTF-8, damaged, or larger than `max_bytes`.
    """
    path = Path(path)
    content = read_content(path, max_bytes=max_bytes, source=source)
    name = path.name if source is None else source
    if content is None:
        return _read_parquet(path, max_bytes, str(path) if source is None else source, name)
    return parse_csv(content, source=name)


def read_content(
    path: Path, *, max_bytes: int | None = None, source: str | None = None
) -> bytes | None:
    """Return the bytes of a CSV file, decompressed; None of a Parquet file.

    Parameters and errors as `read_table`.
    """
    called = str(path) if source is None else source
    try:
        if not path.exists():
            raise KitError(f"{called} does not exist. Check the path.")
        if not path.is_file():  # a folder, a pipe, a device: neither can be read twice
            raise KitError(f"{called} must be a regular file, however: it is not.")
        with path.open("rb") as stream:
            magic = stream.read(4)
    except OSError as error:
        raise KitError(f"{called} cannot be read: {error.strerror}.") from None
    return None if magic == _PARQUET_MAGIC else _read_bytes(path, max_bytes, called)


def read_header(path: Path | str) -> tuple[str, ...]:
    """Read the names of a file's columns and nothing else.

    Raises
    ------
    KitError
        As `read_table`.
    """
    path = Path(path)
    if not path.is_file():  # a pipe would be waited for
        raise KitError(f"{path} must be a regular file, however: it is not.")
    try:
        with path.open("rb") as stream:
            magic = stream.read(len(_PARQUET_MAGIC))
        if magic == _PARQUET_MAGIC:
            return tuple(pyarrow.parquet.read_schema(path).names)
        with _open_csv(path, magic) as stream:
            line = stream.readline(_READ_STEP)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise KitError(f"{path} is a damaged gzip file: {error}. Compress it again.") from None
    except pa.ArrowException as error:
        raise _damaged(path.name, error) from None
    except OSError as error:
        raise KitError(f"{path} cannot be read: {error.strerror or error}.") from None
    line = line.removeprefix(_UTF8_BOM).rstrip(b"\n")
    _check_encoding(line, path.name)
    return _parse_header(line, path.name)


def _open_csv(path: Path, magic: bytes) -> gzip.GzipFile | io.BufferedReader:
    """Open a CSV file, whether it is compressed, which its first bytes say, or not."""
    return gzip.open(path) if magic.startswith(_GZIP_MAGIC) else path.open("rb")


def read_parts(path: Path | str) -> Iterator[RawTable]:
    """Read a file part by part: a Parquet file by its row groups, any other whole.

    Raises
    ------
    KitError
        As `read_table`, when the part is read.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            is_parquet = stream.read(4) == _PARQUET_MAGIC
        parquet = pyarrow.parquet.ParquetFile(path) if is_parquet else None
    except (OSError, pa.ArrowException):
        parquet = None  # `read_table` says what is wrong
    if parquet is None or parquet.num_row_groups < _FEWEST_PARTS:
        yield read_table(path)
        return
    start = 0
    for number in range(parquet.num_row_groups):
        table = _checked(path.name, partial(parquet.read_row_group, number))
        yield _raw(path.name, table, start)
        start += table.num_rows


def parse_csv(content: bytes, *, source: str) -> RawTable:
    r"""Split the bytes of a CSV file into columns of text.

    Parameters
    ----------
    content : bytes
        UTF-8, with or without BOM; comma-separated, RFC 4180 quoting; \n or \r\n.
    source : str
        Name used in messages.

    Raises
    ------
    KitError
        If there is no header, another delimiter, or text that is not UTF-8.
    """
    content = content.removeprefix(_UTF8_BOM)
    _check_encoding(content, source)
    if not content.strip():
        raise KitError(f"{source} must hold a header line and rows, however: it is empty.")
    first_line, _, rest = content.partition(b"\n")
    if b"\r" in first_line.rstrip(b"\r"):
        raise KitError(
            f"{source} must end its lines with \\n or \\r\\n, however: it uses \\r alone. "
            "Save it with Unix or Windows line ends."
        )
    header = _parse_header(first_line, source)
    report = ProblemReport(source)
    if not rest.strip():
        empty = pa.chunked_array([pa.array([], pa.string())])
        lines = np.zeros(0, dtype=np.int64)
        return RawTable(source, header, (empty,) * len(header), lines, report)
    record_lines = _record_lines(rest, source)
    table, bad = _parse_body(rest, len(header), source)
    if record_lines is None:
        record_lines = np.arange(2, 2 + table.num_rows + len(bad), dtype=np.int64)
    # The parser counts records from 1 below the header.
    is_bad = np.zeros(len(record_lines), dtype=bool)
    is_bad[[(number or 1) - 1 for number, _ in bad]] = True
    if bad:
        report.add(
            f"Every line must have {len(header)} cells, as the header has",
            lines=record_lines[is_bad],
            values=[f"{n} cells" for _, n in bad[:5]],
        )
    return RawTable(source, header, tuple(table.columns), record_lines[~is_bad], report)


def _check_encoding(content: bytes, source: str) -> None:
    """Refuse what is not UTF-8 text, with a word on what it probably is."""
    for mark, name in (
        (b"\xff\xfe\x00\x00", "UTF-32"),
        (b"\x00\x00\xfe\xff", "UTF-32"),
        (b"\xff\xfe", "UTF-16"),
        (b"\xfe\xff", "UTF-16"),
        (_GZIP_MAGIC, "compressed twice"),
    ):
        if content.startswith(mark):
            raise KitError(f"{source} must be UTF-8 text, however: it is {name}. Save it as UTF-8.")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), _READ_STEP):
            decoder.decode(content[start : start + _READ_STEP])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        line, byte = _first_bad_byte(content)
        raise KitError(
            f"{source} must be UTF-8 text, however: line {line} holds the byte 0x{byte:02x}, which "
            "is not (a spreadsheet or a binary file?). Export it as CSV in UTF-8."
        ) from None


def _first_bad_byte(content: bytes) -> tuple[int, int]:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as found:
        return content.count(b"\n", 0, found.start) + 1, content[found.start]
    raise AssertionError("the content is UTF-8")


def _record_lines(body: bytes, source: str) -> npt.NDArray[np.int64] | None:
    """Line of the file each record begins in, or None where each has a line of its own.

    Quotes and blank lines are rare in declarations, so the slow but exact way is taken only where
    they occur; it also refuses quotes that the fast parser would quietly glue to their neighbours.

    Raises
    ------
    KitError
        If a quote is not closed, or text follows a closing quote.
    """
    has_blank = body.startswith((b"\n", b"\r\n")) or b"\n\n" in body
    # A single byte is looked for much faster than three.
    has_blank = has_blank or (b"\r" in body and b"\n\r\n" in body)
    if b'"' not in body and not has_blank:
        return None
    reader = csv.reader(io.StringIO(body.decode("utf-8"), newline=""), strict=True)
    lines = []
    previous = 0
    try:
        for record in reader:
            if record:
                lines.append(previous + 2)
            previous = reader.line_num
    except csv.Error as error:
        raise KitError(
            f"{source} must quote its cells as CSV does, however: {error} in the record that "
            f"begins in line {previous + 2} (an unclosed quote, or text behind a closed one). "
            "Close the quotation mark, or double it inside a cell."
        ) from None
    return np.array(lines, dtype=np.int64)


def _parse_header(line: bytes, source: str) -> tuple[str, ...]:
    """Split the header line, recognising the usual wrong delimiters."""
    text = line.decode("utf-8").rstrip("\r")
    if "\x00" in text:
        raise KitError(f"{source} must be a text file, however: its header holds NUL bytes.")
    for delimiter, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if delimiter in text and "," not in text:
            raise KitError(
                f"{source} must separate its cells with commas, however: its header uses {name}. "
                "Export it again with commas."
            )
    try:
        cells = next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration) as error:
        raise KitError(f"{source} must begin with a header line, however: {error}.") from None
    return tuple(cells)


def in_arrow_memory(content: bytes | memoryview) -> pa.Buffer:
    """Return a copy that Arrow's parser may read.

    Its threads let go of what they read at any time, also while the interpreter ends, and a thread
    that then asks for the interpreter aborts the process: they must not hold memory of Python's.

    Examples
    --------
    >>> in_arrow_memory(b"1,2").to_pybytes()
    b'1,2'
    """
    owned = pa.allocate_buffer(len(content))
    memoryview(owned).cast("B")[:] = content
    return owned


def _parse_body(
    body: bytes, n_columns: int, source: str
) -> tuple[pa.Table, list[tuple[int | None, int]]]:
    """Parse the lines below the header; those of another width: their number and width.

    Raises
    ------
    KitError
        If a line is longer than a megabyte.
    """
    names = [str(i) for i in range(n_columns)]
    owned = in_arrow_memory(body)  # and the parser's threads call nothing of ours
    bad: list[tuple[int | None, int]] = []

    def skip(row: pyarrow.csv.InvalidRow) -> str:
        bad.append((row.number, row.actual_columns))
        return "skip"

    def parse(use_threads: bool, handler: Callable[[pyarrow.csv.InvalidRow], str] | None) -> Any:
        return pyarrow.csv.read_csv(
            pa.BufferReader(owned),
            read_options=pyarrow.csv.ReadOptions(column_names=names, use_threads=use_threads),
            parse_options=pyarrow.csv.ParseOptions(
                newlines_in_values=True, invalid_row_handler=handler
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
            ),
        )

    try:
        return parse(True, None), bad
    except pa.ArrowInvalid:  # only the single-threaded parser knows the numbers of bad records
        pass
    try:
        return parse(False, skip), bad
    except pa.ArrowInvalid:
        raise KitError(
            f"{source} must have lines of at most a megabyte, however: one is longer (an unclosed "
            "quote?)."
        ) from None


def _read_bytes(path: Path, max_bytes: int | None, called: str) -> bytes:
    """Read a file, decompressing gzip, and stop at the cap."""
    too_large = KitError(
        f"{called} must be at most {max_bytes or 0:,} bytes (decompressed), however: it is larger."
    )
    parts: list[bytes] = []
    size = 0
    try:
        with path.open("rb") as raw:
            magic = raw.read(len(_GZIP_MAGIC))
        with _open_csv(path, magic) as stream:
            while part := stream.read(_READ_STEP):
                size += len(part)
                if max_bytes is not None and size > max_bytes:
                    raise too_large
                parts.append(part)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise KitError(f"{called} is a damaged gzip file: {error}. Compress it again.") from None
    except OSError as error:
        raise KitError(f"{called} cannot be read: {error.strerror or error}.") from None
    return b"".join(parts)


def _read_parquet(path: Path, max_bytes: int | None, called: str, name: str) -> RawTable:
    """Read a Parquet file; row i of it counts as line i + 2, as in the CSV of the same rows."""
    try:
        parquet = pyarrow.parquet.ParquetFile(path)
        metadata = parquet.metadata
        size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
        # A dictionary holds a repeated value once: what it unpacks to is the number of cells.
        size = max(size, metadata.num_rows * metadata.num_columns * _BYTES_PER_CELL)
        if max_bytes is not None and size > max_bytes:
            raise KitError(
                f"{called} must be at most {max_bytes:,} bytes (uncompressed), "
                f"however: it has {size:,}."
            )
    except (pa.ArrowException, OSError) as error:
        raise _damaged(name, error) from None
    return _raw(name, _checked(name, parquet.read), 0)


def _checked(name: str, read: Callable[[], pa.Table]) -> pa.Table:
    """Read some of a Parquet file and look at every value."""
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
    """A table whose first row is row `start` of its file."""
    lines = np.arange(start + 2, start + table.num_rows + 2, dtype=np.int64)
    columns = tuple(table.columns)
    return RawTable(name, tuple(table.column_names), columns, lines, ProblemReport(name))
