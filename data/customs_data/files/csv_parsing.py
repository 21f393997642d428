"""Parsing the bytes of a CSV file into columns of text."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from customs_data.errors import KitError
from customs_data.files.problems import N_EXAMPLES, Problem, ProblemReport
from customs_data.files.raw_table import RawTable
from customs_data.files.recognition import foreign_format, likely_encoding
from customs_data.files.records import Records, cut_records, scan_records
from customs_data.files.stray_rows import is_total

UTF8_BOM = b"\xef\xbb\xbf"
_DECODED_AT_A_TIME = 1 << 20


# A scan takes some ten bytes of memory per byte; larger files are split without one.
_MOST_SCANNED: Final = 1 << 28


class Rows(NamedTuple):
    """Rows that `csv.reader` split: the columns of those that fit, and all as in `Records`."""

    columns: list[list[str]]
    lines: npt.NDArray[np.int64]
    n_cells: npt.NDArray[np.int64]


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


def parse_csv(content: bytes, *, source: str, records: Records | Rows | None = None) -> RawTable:
    r"""Split the bytes of a CSV file into columns of text.

    Parameters
    ----------
    content : bytes
        UTF-8, with or without BOM; comma-separated, RFC 4180 quoting; \n or \r\n.
    source : str
        Name of the file in messages.
    records : Records or Rows, optional
        The lines of the content without its BOM, scanned or split, if the caller has them.

    Raises
    ------
    KitError
        If there is no header, the delimiter is not a comma, or the text is not UTF-8.
    """
    content = content.removeprefix(UTF8_BOM)
    check_encoding(content, source)
    if not content.strip():
        raise KitError(f"{source} is empty: it needs a header line and rows.")
    begin = content.find(b"\n") + 1 or len(content)
    header = parse_header(content[:begin].rstrip(b"\n"), source)
    report = ProblemReport(source)
    if not content[begin:].strip():
        lines = np.zeros(0, dtype=np.int64)
        return RawTable(source, header, tuple(_no_rows(len(header)).columns), lines, report)
    body = _split(content, begin, len(header), source, records)
    if body.is_bad.any():
        report.add(
            f"Every line must have {len(header)} cells like the header",
            lines=body.lines[body.is_bad],
            values=[f"{n} cells" for n in body.widths[:5]],
        )
        if body.is_bad[-1] and is_total(_last_cells(content)):
            message = f"Line {body.lines[-1]} looks like a row of totals: delete it"
            report.problems.append(Problem(message, n_lines=1, lines=body.lines[-1:]))
    return RawTable(source, header, tuple(body.table.columns), body.lines[~body.is_bad], report)


def _last_cells(content: bytes) -> list[str]:
    """Return the cells of the last line, roughly: quotes are not read."""
    content = content.rstrip()
    return content[content.rfind(b"\n") + 1 :].decode("utf-8", "replace").split(",")


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


def _split(
    content: bytes, begin: int, n_columns: int, source: str, records: Records | Rows | None
) -> _Body:
    """Split the lines from a place on; `records` has all lines.

    Raises
    ------
    KitError
        If a quotation mark is not closed, text follows a closing one, or a line is longer than a
        megabyte.
    """
    is_small = len(content) <= _MOST_SCANNED
    has_quotes = content.find(b'"', begin) >= 0
    is_plain = not has_quotes and not _has_blank(content, begin)
    if records is None and is_small and not is_plain:
        records = scan_records(content)
    if records is None and is_plain:
        try:
            table = _read_arrow(memoryview(content)[begin:], n_columns)
        except pa.ArrowInvalid:
            records = scan_records(content) if is_small else None
        else:
            lines = np.arange(2, 2 + table.num_rows, dtype=np.int64)
            return _Body(table, lines, np.zeros(table.num_rows, dtype=bool), [])
    if isinstance(records, Records) and not (has_quotes and _is_long(records)):
        return _split_scanned(content, begin, n_columns, source, records)
    if is_small:
        rows = records if isinstance(records, Rows) else read_rows(content, source, n_columns)
        return _split_in_python(rows, n_columns)
    return _split_numbered(content, begin, n_columns, source)


def _has_blank(content: bytes, begin: int) -> bool:
    """Return whether there may be blank lines from a place on; others are one record each."""
    if content.find(b"\n\n", begin - 1) >= 0:
        return True
    # Searching for one byte is much faster than searching for three.
    return content.find(b"\r", begin) >= 0 and content.find(b"\n\r\n", begin - 1) >= 0


def _is_long(records: Records) -> bool:
    """Return whether a record is so long that a quotation mark may be missing."""
    return int((records.ends - records.starts).max(initial=0)) > csv.field_size_limit()


def _split_scanned(
    content: bytes, begin: int, n_columns: int, source: str, records: Records
) -> _Body:
    """Split scanned lines: those that do not fit the header never reach the parser."""
    is_fitting = records.n_cells == n_columns
    is_fitting[0] = False  # the header
    is_bad = ~is_fitting[1:]
    widths = records.n_cells[1:][is_bad][:N_EXAMPLES].tolist()
    if is_bad.all():
        table = _no_rows(n_columns)
    else:
        has_waste = 2 * int((records.ends - records.starts).sum()) < len(content)  # blank lines
        cut = cut_records(content, records, is_fitting) if widths or has_waste else None
        try:
            table = _read_arrow(memoryview(content)[begin:] if cut is None else cut, n_columns)
        except pa.ArrowInvalid:
            raise _long_line(source) from None
    return _Body(table, records.lines[1:] + 1, is_bad, widths)


def _split_in_python(rows: Rows, n_columns: int) -> _Body:
    """Split lines whose quotation marks do not all surround cells."""
    names = [str(i) for i in range(n_columns)]
    table = pa.table([pa.array(cells, pa.string()) for cells in rows.columns], names=names)
    is_bad = rows.n_cells[1:] != n_columns
    return _Body(table, rows.lines[1:] + 1, is_bad, rows.n_cells[1:][is_bad][:N_EXAMPLES].tolist())


def read_rows(content: bytes, source: str, n_columns: int, most: int | None = None) -> Rows:
    """Split a content into rows, slowly but exactly.

    Parameters
    ----------
    content : bytes
        UTF-8; its first row is the header.
    source : str
        Name of the file in messages.
    n_columns : int
        Cells of a row that fits.
    most : int, optional
        Largest number of rows.

    Raises
    ------
    KitError
        If a quotation mark is not closed, or text follows a closing one.
    """
    reader = csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True)
    # Lists of text only: the garbage collector would visit a list for each row again and again.
    cells: list[str] = []
    lines: list[int] = []
    widths: list[int] = []
    previous = 0
    try:
        for row in reader:
            if row:
                if lines and len(row) == n_columns:
                    cells += row
                lines.append(previous)
                widths.append(len(row))
                if len(lines) == most:
                    break
            previous = reader.line_num
    except csv.Error as error:
        raise KitError(
            f"{source} has a wrong quotation mark in the record that begins in line "
            f"{previous + 1}: {error}. Close the mark, or double it inside a cell."
        ) from None
    columns = [cells[i::n_columns] for i in range(n_columns)]
    return Rows(columns, np.array(lines, dtype=np.int64), np.array(widths, dtype=np.int64))


def _split_numbered(content: bytes, begin: int, n_columns: int, source: str) -> _Body:
    """Split the lines of a large file; only the single-threaded parser numbers bad records."""
    numbers, widths = [], []

    def skip(row: pyarrow.csv.InvalidRow) -> str:
        numbers.append(row.number or 1)
        widths.append(row.actual_columns)
        return "skip"

    try:
        table = _read_arrow(memoryview(content)[begin:], n_columns, skip)
    except pa.ArrowInvalid:
        raise _long_line(source) from None
    if content.find(b'"', begin) >= 0 or _has_blank(content, begin):
        lines = read_rows(content, source, n_columns).lines[1:] + 1
    else:
        lines = np.arange(2, 2 + table.num_rows + len(numbers), dtype=np.int64)
    is_bad = np.zeros(len(lines), dtype=bool)
    is_bad[np.array(numbers, dtype=np.int64) - 1] = True  # counted from 1
    return _Body(table, lines, is_bad, widths)


def _read_arrow(
    body: bytes | memoryview,
    n_columns: int,
    handler: Callable[[pyarrow.csv.InvalidRow], str] | None = None,
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
