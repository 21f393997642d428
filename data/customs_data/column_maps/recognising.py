"""Recognising how an export is written: its encoding and delimiter."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Final

from customs_data.column_maps.column_map import FileLayout
from customs_data.column_maps.tables import parse_text, read_export
from customs_data.column_maps.workbooks import is_workbook
from customs_data.errors import KitError
from customs_data.files.csv_parsing import UTF8_BOM
from customs_data.files.raw_table import RawTable
from customs_data.files.reading import read_content
from customs_data.files.recognition import likely_encoding

_DELIMITERS: Final = (",", ";", "\t", "|")
_N_LINES: Final = 200
# Enough rows to see each day of a month; all of a file that is not larger.
_MOST_BYTES: Final = 1 << 26
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


def recognise(path: Path) -> tuple[RawTable, FileLayout]:
    """Read an export, or the beginning of a large one, whose layout is not known.

    Parameters
    ----------
    path : path

    Returns
    -------
    raw : RawTable
    layout : FileLayout
        Encoding and delimiter of a CSV file; the default for workbooks and Parquet.

    Raises
    ------
    KitError
        If it cannot be read, or no encoding fits.
    """
    if is_workbook(path) or (content := read_content(path)) is None:
        layout = FileLayout()
        return read_export(path, layout), layout
    encoding = _encoding(content, path.name)
    if len(content) > _MOST_BYTES and not encoding.startswith("utf-16"):
        content = content[: content.rindex(b"\n", 0, _MOST_BYTES) + 1]
    delimiter = _delimiter(content.decode(encoding).removeprefix("\ufeff"))
    layout = FileLayout(encoding=encoding, delimiter=delimiter)
    return parse_text(content, path.name, layout), layout


def _encoding(content: bytes, source: str) -> str:
    if content.startswith(_UTF_16):
        return "utf-16"
    try:
        content.removeprefix(UTF8_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        likely = likely_encoding(content, error.start)
    else:
        return "utf-8"
    for encoding, is_likely in (("cp949", "cp949" in likely), ("cp1252", "Latin-1" in likely)):
        if is_likely and _can_decode(content, encoding):
            return encoding
    for encoding in ("cp949", "cp1252"):
        if _can_decode(content, encoding):
            return encoding
    raise KitError(f"{source} is in no encoding that the kit recognises. Save it as UTF-8.")


def _can_decode(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(text: str) -> str:
    """Return the delimiter that gives most lines one number of cells, and several of them."""
    lines = text[: 1 << 20].splitlines()[:_N_LINES]
    best = (0.0, 0, ",")
    for delimiter in _DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
        if not widths:
            continue
        width, n = widths.most_common(1)[0]
        rank = (n / sum(widths.values()) if width > 1 else 0.0, width, delimiter)
        best = max(best, rank, key=lambda x: x[:2])
    return best[2]
