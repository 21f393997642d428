"""Parsing the bytes of a CSV file into columns of text."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from customs_data.errors import KitError
from customs_data.files.problems import ProblemReport
from customs_data.files.raw_table import RawTable
from customs_data.files.recognition import foreign_format, likely_encoding
from customs_data.files.stray_rows import is_total

UTF8_BOM = b"\xef\xbb\xbf"
_DECODED_AT_A_TIME = 1 << 20


def parse_csv(content: bytes, *, source: str) -> RawTable:
    r"""Split the bytes of a CSV file into columns of text.

    Parameters
    ----------
    content : bytes
        UTF-8, with or without BOM; comma-separated, RFC 4180 quoting; \n or \r\n.
    source : str
        Name of the file in messages.

    Raises
    ------
    KitError
        If there is no header, the delimiter is not a comma, or the text is not UTF-8.
    """
    content = content.removeprefix(UTF8_BOM)
    check_encoding(content, source)
    if not content.strip():
        raise KitError(f"{source} is empty: it needs a header line and rows.")
    first_line, _, rest = content.partition(b"\n")
    if b"\r" in first_line.rstrip(b"\r"):
        raise KitError(
            f"{source} ends its lines with \\r alone. Save it with Unix or Windows line ends."
        )
    header = parse_header(first_line, source)
    report = ProblemReport(source)
    if not rest.strip():
        empty = pa.chunked_array([pa.array([], pa.string())])
        lines = np.zeros(0, dtype=np.int64)
        return RawTable(source, header, (empty,) * len(header), lines, report)
    record_lines = _record_lines(rest, source)
    table, bad = _parse_body(rest, len(header), source)
    if record_lines is None:
        record_lines = np.arange(2, 2 + table.num_rows + len(bad), dtype=np.int64)
    # The parser counts the records below the header from 1.
    is_bad = np.zeros(len(record_lines), dtype=bool)
    is_bad[[(number or 1) - 1 for number, _ in bad]] = True
    if bad:
        report.add(
            f"Every line must have {len(header)} cells like the header",
            lines=record_lines[is_bad],
            values=[f"{n} cells" for _, n in bad[:5]],
        )
        if is_bad[-1] and is_total(_last_cells(rest)):
            report.add(f"Line {record_lines[-1]} looks like a row of totals: delete it")
    return RawTable(source, header, tuple(table.columns), record_lines[~is_bad], report)


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


def _record_lines(body: bytes, source: str) -> npt.NDArray[np.int64] | None:
    """Return the line in which each record begins, or None if every line is one record.

    Quotes and blank lines are rare in declarations, so the slow but exact parser runs only where
    they occur. It also refuses quotes that the fast parser would silently join to other text.

    Raises
    ------
    KitError
        If a quote is not closed, or text follows a closing quote.
    """
    has_blank = body.startswith((b"\n", b"\r\n")) or b"\n\n" in body
    # Searching for one byte is much faster than searching for three.
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
            f"{source} has a wrong quotation mark in the record that begins in line "
            f"{previous + 2}: {error}. Close the mark, or double it inside a cell."
        ) from None
    return np.array(lines, dtype=np.int64)


def parse_header(line: bytes, source: str) -> tuple[str, ...]:
    """Split the header line; raise a `KitError` for other delimiters and NUL bytes."""
    text = line.decode("utf-8").rstrip("\r")
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


def _parse_body(
    body: bytes, n_columns: int, source: str
) -> tuple[pa.Table, list[tuple[int | None, int]]]:
    """Parse the lines below the header; also return number and width of lines that do not fit.

    Raises
    ------
    KitError
        If a line is longer than a megabyte.
    """
    names = [str(i) for i in range(n_columns)]
    owned = in_arrow_memory(body)
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
    except pa.ArrowInvalid:  # only the single-threaded parser numbers bad records
        pass
    try:
        return parse(False, skip), bad
    except pa.ArrowInvalid:
        raise KitError(
            f"{source} has a line longer than a megabyte. Is a quotation mark not closed?"
        ) from None
