"""Parsing the bytes of a CSV file into columns of text."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from customs_data.errors import KitError
from customs_data.files.problems import N_EXAMPLES, ProblemReport
from customs_data.files.raw_table import RawTable
from customs_data.files.recognition import foreign_format, likely_encoding
from customs_data.files.records import Records, cut_records, scan_records
from customs_data.files.stray_rows import is_total

UTF8_BOM = b"\xef\xbb\xbf"
_DECODED_AT_A_TIME = 1 << 20


# A scan takes some ten bytes of memory per byte; larger files are split without one.
_MOST_SCANNED: Final = 1 << 28


class _Body(NamedTuple):
    """The split lines below a header.

    Attributes
    ----------
    table : pyarrow.Table
        The records that fit the header.
    lines : ndarray of int64, shape (n_records,)
        Line of each record; the header is line 1.
    is_bad : ndarray of bool, shape (n_records,)
        Whether the record does not fit the header.
    widths : list of int
        Cells of the first records that do not fit.
    """

    table: pa.Table
    lines: npt.NDArray[np.int64]
    is_bad: npt.NDArray[np.bool_]
    widths: list[int]


def parse_csv(content: bytes, *, source: str, records: Records | None = None) -> RawTable:
    r"""Split the bytes of a CSV file into columns of text.

    Parameters
    ----------
    content : bytes
        UTF-8, with or without BOM; comma-separated, RFC 4180 quoting; \n or \r\n.
    source : str
        Name of the file in messages.
    records : Records, optional
        The scanned lines below the header, if the caller has them.

    Raises
    ------
    KitError
        If there is no header, the delimiter is not a comma, or the text is not UTF-8.
    """
    content = content.removeprefix(UTF8_BOM)
    check_encoding(content, source)
    if not content.strip():
        raise KitError(f"{source} is empty: it needs a header line and rows.")
    first_line, _, rest = content.rstrip(b"\r\n").partition(b"\n")
    header = parse_header(first_line, source)
    report = ProblemReport(source)
    if not rest.strip():
        lines = np.zeros(0, dtype=np.int64)
        return RawTable(source, header, tuple(_no_rows(len(header)).columns), lines, report)
    body = _split(rest, len(header), source, records)
    if body.is_bad.any():
        report.add(
            f"Every line must have {len(header)} cells like the header",
            lines=body.lines[body.is_bad],
            values=[f"{n} cells" for n in body.widths[:5]],
        )
        if body.is_bad[-1] and is_total(_last_cells(rest)):
            report.add(f"Line {body.lines[-1]} looks like a row of totals: delete it")
    return RawTable(source, header, tuple(body.table.columns), body.lines[~body.is_bad], report)


def _last_cells(body: bytes) -> list[str]:
    """Return the cells of the last line, roughly: quotes are not read."""
    return body.rstrip().rpartition(b"\n")[2].decode("utf-8", "replace").split(",")


def check_encoding(content: bytes, source: str) -> None:
    """Raise a `KitError` if the content is not UTF-8 text, naming what it is if that is clear."""
    if (foreign := foreign_format(content)) is not None:
        raise KitError(f"{source} {foreign}")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), _DECODED_AT_A_TIME):
            decoder.decode(content[start : start + _DECODED_AT_A_TIME])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        place = _first_bad_byte(content)
        line, byte = content.count(b"\n", 0, place) + 1, content[place]
        encoding = likely_encoding(content, place)
        raise KitError(
            f"{source} is not UTF-8 text: line {line} contains the byte 0x{byte:02x}. "
            + (
                f"It looks like {encoding}: save it as UTF-8."
                if encoding
                else "If it is a spreadsheet or another binary file, export it as CSV in UTF-8."
            )
        ) from None


def _first_bad_byte(content: bytes) -> int:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    raise AssertionError("the content is UTF-8")


def parse_header(line: bytes, source: str) -> tuple[str, ...]:
    """Split the header line; raise a `KitError` for other delimiters and line ends, and NUL."""
    text = line.decode("utf-8").rstrip("\r")
    if "\r" in text:
        raise KitError(
            f"{source} ends its lines with \\r alone. Save it with Unix or Windows line ends."
        )
    if not text.strip():
        raise KitError(f"{source} begins with an empty line. Delete it: line 1 is the header.")
    if text.startswith("#"):
        raise KitError(f"{source} begins with a comment. Delete it: line 1 is the header.")
    if "\x00" in text:
        raise KitError(f"{source} is not a text file: its header contains NUL bytes.")
    for delimiter, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if delimiter in text and "," not in text:
            raise KitError(
                f"{source} separates its cells with {name}. Export it again with commas."
            )
    try:
        cells = next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration) as error:
        raise KitError(f"{source} has no readable header line: {error}.") from None
    return tuple(cells)


def in_arrow_memory(content: bytes | memoryview) -> pa.Buffer:
    """Return a copy in memory owned by Arrow, for its CSV parser.

    The parser's threads may release the content while the interpreter shuts down. Releasing memory
    of Python then aborts the process.

    Examples
    --------
    >>> in_arrow_memory(b"1,2").to_pybytes()
    b'1,2'
    """
    owned = pa.allocate_buffer(len(content))
    memoryview(owned).cast("B")[:] = content
    return owned


def _split(body: bytes, n_columns: int, source: str, records: Records | None) -> _Body:
    """Split the lines below the header.

    Raises
    ------
    KitError
        If a quotation mark is not closed, text follows a closing one, or a line is longer than a
        megabyte.
    """
    is_small = len(body) <= _MOST_SCANNED
    has_quotes = b'"' in body
    if records is None and is_small and (has_quotes or _has_blank(body)):
        records = scan_records(body)
    if records is None and not has_quotes and not _has_blank(body):
        try:
            table = _read_arrow(body, n_columns)
        except pa.ArrowInvalid:
            records = scan_records(body) if is_small else None
        else:
            lines = np.arange(2, 2 + table.num_rows, dtype=np.int64)
            return _Body(table, lines, np.zeros(table.num_rows, dtype=bool), [])
    if records is not None and not (has_quotes and _is_long(records)):
        return _split_scanned(body, n_columns, source, records)
    if is_small:
        return _split_in_python(body, n_columns, source)
    return _split_numbered(body, n_columns, source)


def _has_blank(body: bytes) -> bool:
    """Return whether there may be blank lines; other lines are one record each."""
    has_blank = body.startswith((b"\n", b"\r\n")) or b"\n\n" in body
    # Searching for one byte is much faster than searching for three.
    return has_blank or (b"\r" in body and b"\n\r\n" in body)


def _is_long(records: Records) -> bool:
    """Return whether a record is so long that a quotation mark may be missing."""
    return int((records.ends - records.starts).max(initial=0)) > csv.field_size_limit()


def _split_scanned(body: bytes, n_columns: int, source: str, records: Records) -> _Body:
    """Split scanned lines: those that do not fit the header never reach the parser."""
    is_bad = records.n_cells != n_columns
    widths = records.n_cells[is_bad][:N_EXAMPLES].tolist()
    if is_bad.all():
        table = _no_rows(n_columns)
    else:
        fitting = cut_records(body, records, ~is_bad) if widths else body
        try:
            table = _read_arrow(fitting, n_columns)
        except pa.ArrowInvalid:
            raise _long_line(source) from None
    return _Body(table, records.lines + 2, is_bad, widths)


def _split_in_python(body: bytes, n_columns: int, source: str) -> _Body:
    """Split lines whose quotation marks do not all surround cells."""
    rows = list(read_rows(body, source))
    lines = np.array([line for line, _ in rows], dtype=np.int64)
    is_bad = np.array([len(cells) != n_columns for _, cells in rows], dtype=bool)
    fitting = [cells for _, cells in rows if len(cells) == n_columns]
    columns = list(zip(*fitting, strict=True)) if fitting else [()] * n_columns
    names = [str(i) for i in range(n_columns)]
    table = pa.table([pa.array(cells, pa.string()) for cells in columns], names=names)
    return _Body(table, lines, is_bad, [len(c) for _, c in rows if len(c) != n_columns])


def read_rows(body: bytes, source: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows below a header with the line in which each begins: slow, but exact.

    Raises
    ------
    KitError
        If a quotation mark is not closed, or text follows a closing one.
    """
    reader = csv.reader(io.StringIO(body.decode("utf-8"), newline=""), strict=True)
    previous = 0
    try:
        for cells in reader:
            if cells:
                yield previous + 2, cells
            previous = reader.line_num
    except csv.Error as error:
        raise KitError(
            f"{source} has a wrong quotation mark in the record that begins in line "
            f"{previous + 2}: {error}. Close the mark, or double it inside a cell."
        ) from None


def _split_numbered(body: bytes, n_columns: int, source: str) -> _Body:
    """Split the lines of a large file; only the single-threaded parser numbers bad records."""
    numbers, widths = [], []

    def skip(row: pyarrow.csv.InvalidRow) -> str:
        numbers.append(row.number or 1)
        widths.append(row.actual_columns)
        return "skip"

    try:
        table = _read_arrow(body, n_columns, skip)
    except pa.ArrowInvalid:
        raise _long_line(source) from None
    if b'"' in body or _has_blank(body):
        lines = np.array([line for line, _ in read_rows(body, source)], dtype=np.int64)
    else:
        lines = np.arange(2, 2 + table.num_rows + len(numbers), dtype=np.int64)
    is_bad = np.zeros(len(lines), dtype=bool)
    is_bad[np.array(numbers, dtype=np.int64) - 1] = True  # counted from 1
    return _Body(table, lines, is_bad, widths)


def _read_arrow(
    body: bytes, n_columns: int, handler: Callable[[pyarrow.csv.InvalidRow], str] | None = None
) -> Any:
    """Parse lines into columns of text.

    Raises
    ------
    pyarrow.ArrowInvalid
        If a line does not fit and there is no handler, or is longer than a megabyte.
    """
    names = [str(i) for i in range(n_columns)]
    return pyarrow.csv.read_csv(
        pa.BufferReader(in_arrow_memory(body)),
        read_options=pyarrow.csv.ReadOptions(column_names=names, use_threads=handler is None),
        parse_options=pyarrow.csv.ParseOptions(
            newlines_in_values=True, invalid_row_handler=handler
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )


def _no_rows(n_columns: int) -> pa.Table:
    names = [str(i) for i in range(n_columns)]
    return pa.table([pa.array([], pa.string())] * n_columns, names=names)


def _long_line(source: str) -> KitError:
    return KitError(f"{source} has a line longer than a megabyte. Is a quotation mark not closed?")
