"""From a file to columns of text: CSV (UTF-8, with or without BOM, optionally gzipped) or Parquet.

Nothing is guessed or silently repaired here: cells stay as they stand in the file, lines that do
not fit the header are reported with their number, and what cannot be read at all is a KitError.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

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


def read_table(path: Path | str, *, max_bytes: int | None = None) -> RawTable:
    """Read a CSV, gzipped CSV or Parquet file without interpreting its cells.

    Parameters
    ----------
    path : path
        The file; what it is shows in its first bytes, not in its name.
    max_bytes : int, optional
        Refuse files whose content is larger (after decompression; it stops there, so that a small
        file cannot fill the memory).

    Raises
    ------
    KitError
        If the file is missing, unreadable, empty, not UTF-8, damaged, or larger than `max_bytes`.
    """
    path = Path(path)
    if path.is_dir():
        raise KitError(f"{path} must be a file, however: it is a folder.")
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
    except FileNotFoundError:
        raise KitError(f"{path} does not exist. Check the path.") from None
    except OSError as error:
        raise KitError(f"{path} cannot be read: {error.strerror}.") from None
    if magic == _PARQUET_MAGIC:
        return _read_parquet(path, max_bytes)
    return parse_csv(_read_bytes(path, max_bytes), source=path.name)


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
    if not content.strip():
        raise KitError(f"{source} must hold a header line and rows, however: it is empty.")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise KitError(f"{source} must be UTF-8 text, however: it is UTF-16. Save it as UTF-8.")
    first_line, _, rest = content.partition(b"\n")
    if b"\r" in first_line.rstrip(b"\r"):
        raise KitError(
            f"{source} must end its lines with \\n or \\r\\n, however: it uses \\r alone. "
            "Save it with Unix or Windows line ends."
        )
    header = _parse_header(first_line, source)
    bad: list[tuple[int | None, int]] = []
    if not rest.strip():
        empty = pa.chunked_array([pa.array([], pa.string())])
        lines = np.zeros(0, dtype=np.int64)
        return RawTable(source, header, (empty,) * len(header), lines, ProblemReport(source))
    try:
        table = _parse_body(rest, len(header), bad, use_threads=True)
        if bad:  # only the single-threaded parser knows the numbers of bad lines
            bad.clear()
            table = _parse_body(rest, len(header), bad, use_threads=False)
    except pa.ArrowInvalid as error:
        raise KitError(_explain_unparsable(content, source, error)) from None
    # The parser counts from 1 below the header, which is line 1 of the file.
    bad_lines = np.array([(number or 0) + 1 for number, _ in bad], dtype=np.int64)
    all_lines = np.arange(2, 2 + table.num_rows + len(bad), dtype=np.int64)
    lines = np.setdiff1d(all_lines, bad_lines, assume_unique=True)[: table.num_rows]
    report = ProblemReport(source)
    if bad:
        report.add(
            f"Every line must have {len(header)} cells, as the header has",
            lines=bad_lines,
            values=[f"{n} cells" for _, n in bad[:5]],
        )
    return RawTable(source, header, tuple(table.columns), lines, report)


def _parse_header(line: bytes, source: str) -> tuple[str, ...]:
    """Split the header line, recognising the usual wrong delimiters."""
    try:
        text = line.decode("utf-8").rstrip("\r")
    except UnicodeDecodeError:
        raise KitError(
            f"{source} must be UTF-8 text, however: its header is not (a spreadsheet or a binary "
            "file?). Export it as CSV in UTF-8."
        ) from None
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


def _parse_body(
    body: bytes, n_columns: int, bad: list[tuple[int | None, int]], *, use_threads: bool
) -> pa.Table:
    """Parse the lines below the header; lines of another width go to `bad`."""
    names = [str(i) for i in range(n_columns)]

    def skip(row: pyarrow.csv.InvalidRow) -> str:
        bad.append((row.number, row.actual_columns))
        return "skip"

    return pyarrow.csv.read_csv(
        pa.BufferReader(body),
        read_options=pyarrow.csv.ReadOptions(column_names=names, use_threads=use_threads),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=False,
            check_utf8=True,
        ),
    )


def _explain_unparsable(content: bytes, source: str, error: Exception) -> str:
    """Say where text stops being UTF-8, or pass on what the parser says."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as found:
        line = content.count(b"\n", 0, found.start) + 1
        return (
            f"{source} must be UTF-8 text, however: line {line} holds the byte "
            f"0x{content[found.start]:02x}, which is not. Save the file as UTF-8."
        )
    return f"{source} cannot be read as CSV: {str(error).splitlines()[0]}"


def _read_bytes(path: Path, max_bytes: int | None) -> bytes:
    """Read a file, decompressing gzip, and stop at the cap."""
    too_large = KitError(
        f"{path} must be at most {max_bytes or 0:,} bytes (decompressed), however: it is larger."
    )
    parts: list[bytes] = []
    size = 0
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == _GZIP_MAGIC
        with gzip.open(path) if zipped else path.open("rb") as stream:
            while part := stream.read(_READ_STEP):
                size += len(part)
                if max_bytes is not None and size > max_bytes:
                    raise too_large
                parts.append(part)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise KitError(f"{path} is a damaged gzip file: {error}. Compress it again.") from None
    except OSError as error:
        raise KitError(f"{path} cannot be read: {error.strerror or error}.") from None
    return b"".join(parts)


def _read_parquet(path: Path, max_bytes: int | None) -> RawTable:
    """Read a Parquet file; row i of it counts as line i + 2, as in the CSV of the same rows."""
    try:
        parquet = pyarrow.parquet.ParquetFile(path)
        metadata = parquet.metadata
        size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
        if max_bytes is not None and size > max_bytes:
            raise KitError(
                f"{path} must be at most {max_bytes:,} bytes (uncompressed), "
                f"however: it has {size:,}."
            )
        table = parquet.read()
    except (pa.ArrowException, OSError) as error:
        raise KitError(f"{path} is a damaged Parquet file: {str(error).splitlines()[0]}") from None
    return RawTable(
        path.name,
        tuple(table.column_names),
        tuple(table.columns),
        np.arange(2, table.num_rows + 2, dtype=np.int64),
        ProblemReport(path.name),
    )
