"""Reading exports into columns: CSV of any encoding and delimiter, Parquet, and folders of files.

Workbooks are read by `workbooks`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from customs_data.column_maps.column_map import FileLayout
from customs_data.column_maps.workbooks import is_workbook, read_workbook
from customs_data.errors import KitError
from customs_data.files.csv_parsing import UTF8_BOM, parse_csv
from customs_data.files.raw_table import RawTable
from customs_data.files.reading import read_content, read_table
from customs_data.files.recognition import likely_encoding

#: Ends of the names of tables in a folder.
TABLE_SUFFIXES: Final = (".csv", ".csv.gz", ".txt", ".tsv", ".xlsx", ".parquet")
_SEPARATOR_LINE: Final = re.compile(r'"?sep=.?"?(?:\r\n|\r|\n)', re.IGNORECASE)
# A character that no export contains, while two others change places.
_PLACEHOLDER: Final = "\x1a"


def tables_of(path: Path) -> list[Path]:
    """Return a file, or the tables in a folder by name.

    Raises
    ------
    KitError
        If a folder has no tables, or other files.
    """
    if not path.is_dir():
        return [path]
    files = sorted(x for x in path.iterdir() if not x.name.startswith((".", "~$")))
    others = [x.name for x in files if not x.name.lower().endswith(TABLE_SUFFIXES)]
    if others:
        raise KitError(
            f"{path} contains {others[0]}, which is no table ({', '.join(TABLE_SUFFIXES)}). Leave "
            "only the files to import there."
        )
    if not files:
        raise KitError(f"{path} contains no tables ({', '.join(TABLE_SUFFIXES)}).")
    return files


def read_export(path: Path, layout: FileLayout) -> RawTable:
    """Read a CSV file, workbook or Parquet file without interpreting its cells.

    Parameters
    ----------
    path : path
    layout : FileLayout
        Encoding, delimiter and sheet; Parquet needs none.

    Returns
    -------
    RawTable
        Names of columns in Unicode's composed form and without blanks at their ends.

    Raises
    ------
    KitError
        If the file cannot be read, or is not in that encoding.
    """
    if is_workbook(path):
        raw = read_workbook(path, layout)
    else:
        content = read_content(path)
        raw = read_table(path) if content is None else parse_text(content, path.name, layout)
    header = tuple(plain_name(name) for name in raw.header)
    return replace(raw, header=header)


def plain_name(name: str) -> str:
    """Return the name of a column in composed characters, with single blanks."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def parse_text(content: bytes, source: str, layout: FileLayout) -> RawTable:
    """Split the bytes of a CSV file in some encoding and with some delimiter.

    Parameters
    ----------
    content : bytes
    source : str
        Name of the file in messages.
    layout : FileLayout

    Raises
    ------
    KitError
        If the text is not in the encoding, or lacks the delimiter.
    """
    text = _decode(content, source, layout.encoding)
    if "\n" not in text:
        text = text.replace("\r", "\n")
    text = _without_separator_line(text)
    _check_delimiter(text, source, layout.delimiter)
    delimiter = layout.delimiter
    swap = str.maketrans({delimiter: ",", ",": delimiter})
    # Both characters change places, also in quoted cells: the quotes then mean what they meant.
    text = text if delimiter == "," else text.translate(swap)
    raw = parse_csv(text.encode(), source=source)
    if delimiter != ",":
        columns = tuple(_swap_back(cells, delimiter) for cells in raw.columns)
        raw = replace(raw, header=tuple(x.translate(swap) for x in raw.header), columns=columns)
    return raw


def _without_separator_line(text: str) -> str:
    """Remove Excel's line about its delimiter; rows keep the numbers of their lines."""
    separator = _SEPARATOR_LINE.match(text)
    if separator is None:
        return text
    text = text[separator.end() :]
    end = text.find("\n")
    while end >= 0 and text.count('"', 0, end) % 2:  # a line end in the name of a column
        end = text.find("\n", end + 1)
    return f"{text[: end + 1]}\n{text[end + 1 :]}" if end >= 0 else text


def _decode(content: bytes, source: str, encoding: str) -> str:
    """Decode a whole file; its byte order mark is left out."""
    try:
        text = content.removeprefix(UTF8_BOM).decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        likely = likely_encoding(content, error.start)
        advice = f"It looks like {likely}: name" if likely else "Name"
        raise KitError(
            f"{source} is not {encoding} text: line {line} contains the byte "
            f"0x{content[error.start]:02x}. {advice} its encoding in the map, under [file]."
        ) from None
    except UnicodeError:
        raise KitError(f"{source} is not {encoding} text. Name its encoding in the map.") from None
    return text.removeprefix("\ufeff")


def _check_delimiter(text: str, source: str, delimiter: str) -> None:
    header = text.partition("\n")[0]
    if delimiter not in header and any(mark in header for mark in ",;\t|"):
        raise KitError(
            f"{source} has no {delimiter!r} in its header. Name its delimiter in the map, under "
            "[file]."
        )


def _swap_back(cells: pa.ChunkedArray, delimiter: str) -> pa.ChunkedArray:
    """Let commas and delimiters in the cells change places."""
    for old, new in ((",", _PLACEHOLDER), (delimiter, ","), (_PLACEHOLDER, delimiter)):
        cells = pc.replace_substring(cells, old, new)
    return cells


def select(raw: RawTable, names: Sequence[str]) -> RawTable:
    """Return some columns of a table."""
    places = [raw.header.index(name) for name in names]
    columns = tuple(raw.columns[place] for place in places)
    return replace(raw, header=tuple(names), columns=columns)
