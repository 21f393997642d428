"""Reading Excel workbooks (.xlsx) with openpyxl, which is an extra of the kit."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from customs_data.column_maps.column_map import FileLayout
from customs_data.errors import KitError
from customs_data.files.problems import ProblemReport
from customs_data.files.raw_table import RawTable

_ZIP: Final = b"PK\x03\x04"


def is_workbook(path: Path) -> bool:
    """Return whether a file is an Excel workbook (.xlsx), by its content."""
    try:
        with path.open("rb") as stream:
            if stream.read(len(_ZIP)) != _ZIP:
                return False
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False  # reading reports it


def read_workbook(path: Path, layout: FileLayout) -> RawTable:
    """Read a sheet of a workbook; its first row is the header.

    Parameters
    ----------
    path : path
    layout : FileLayout
        The sheet, and the decimal mark of numbers that stand among texts.

    Returns
    -------
    RawTable
        A column is of numbers or of times if all of its cells are, and of text otherwise.

    Raises
    ------
    KitError
        If openpyxl is not installed, the workbook is damaged, or the sheet is not clear.
    """
    try:
        import openpyxl
    except ImportError:
        raise KitError(
            f"{path.name} is an Excel workbook. To read it: pip install 'customs-kit[excel]'."
        ) from None
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        with_content = {
            sheet.title: rows for sheet in book.worksheets if (rows := list(_filled_rows(sheet)))
        }
        book.close()
    except (KeyError, ValueError, zipfile.BadZipFile, OSError) as error:
        raise KitError(f"{path.name} is a damaged Excel workbook: {error}.") from None
    (_, header), *rows = _chosen_sheet(with_content, layout.sheet, path.name)
    names = tuple("" if name is None else str(name) for name in header)
    width = max((i + 1 for i, name in enumerate(names) if name), default=0)
    report = ProblemReport(path.name)
    overlong = [line for line, cells in rows if any(cell is not None for cell in cells[width:])]
    if overlong:
        report.add("Every row must end with the last column of the header", lines=overlong)
    fitting = [(line, cells) for line, cells in rows if line not in set(overlong)]
    columns = tuple(
        _column([cells[i] if i < len(cells) else None for _, cells in fitting], layout.decimal)
        for i in range(width)
    )
    lines = np.array([line for line, _ in fitting], dtype=np.int64)
    return RawTable(path.name, names[:width], columns, lines, report)


def _filled_rows(sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    """Yield number and cells of the rows that are not empty."""
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        if any(cell is not None for cell in cells):
            yield number, cells


def _chosen_sheet(
    sheets: dict[str, list[tuple[int, Sequence[Any]]]], wanted: str, source: str
) -> list[tuple[int, Sequence[Any]]]:
    if wanted in sheets:
        return sheets[wanted]
    if not sheets:
        raise KitError(f"{source} is empty: it needs a header and rows.")
    if not wanted and len(sheets) == 1:
        return next(iter(sheets.values()))
    problem = f"no filled sheet {wanted!r}" if wanted else "several filled sheets"
    raise KitError(f"{source} has {problem}. Name one under [file]: sheet = {next(iter(sheets))!r}")


def _column(cells: list[Any], decimal: str) -> pa.ChunkedArray:
    """Return cells as numbers or times if all are, otherwise as text."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds and kinds <= {datetime, date}:
        times = [datetime(x.year, x.month, x.day) if type(x) is date else x for x in cells]
        return pa.chunked_array([pa.array(times, pa.timestamp("us"))])
    if kinds == {int} and max(abs(x) for x in cells if x is not None) < 1 << 63:
        return pa.chunked_array([pa.array(cells, pa.int64())])
    if kinds and kinds <= {int, float}:
        return pa.chunked_array([pa.array(cells, pa.float64())])
    return pa.chunked_array([pa.array([_text(x, decimal) for x in cells], pa.string())])


def _text(cell: Any, decimal: str) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "1" if cell else "0"
        case float() if cell.is_integer():
            return str(int(cell))
        case float():
            return repr(cell).replace(".", decimal)
        case datetime():
            return cell.isoformat(sep=" ").removesuffix(" 00:00:00")
    return str(cell)
