"""From the bytes of a CSV file to columns of text."""

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

GZIP_MAGIC = b"\x1f\x8b"
UTF8_BOM = b"\xef\xbb\xbf"
_DECODED_AT_A_TIME = 1 << 20


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
    content = content.removeprefix(UTF8_BOM)
    check_encoding(content, source)
    if not content.strip():
        raise KitError(f"{source} must hold a header line and rows, however: it is empty.")
    first_line, _, rest = content.partition(b"\n")
    if b"\r" in first_line.rstrip(b"\r"):
        raise KitError(
            f"{source} must end its lines with \\n or \\r\\n, however: it uses \\r alone. "
            "Save it with Unix or Windows line ends."
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


def check_encoding(content: bytes, source: str) -> None:
    """Raise a `KitError` on what is not UTF-8 text, with a word on what it probably is."""
    for mark, name in (
        (b"\xff\xfe\x00\x00", "UTF-32"),
        (b"\x00\x00\xfe\xff", "UTF-32"),
        (b"\xff\xfe", "UTF-16"),
        (b"\xfe\xff", "UTF-16"),
        (GZIP_MAGIC, "compressed twice"),
    ):
        if content.startswith(mark):
            raise KitError(f"{source} must be UTF-8 text, however: it is {name}. Save it as UTF-8.")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), _DECODED_AT_A_TIME):
            decoder.decode(content[start : start + _DECODED_AT_A_TIME])
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


def parse_header(line: bytes, source: str) -> tuple[str, ...]:
    """Split the header line; wrong delimiters and NUL bytes are a `KitError`."""
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
