"""Rows that are no declarations: a repeated header, a row of units, totals, empty rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from customs_data.files.cells import Mask, as_text, to_mask
from customs_data.files.problems import Problem
from customs_data.files.raw_table import RawTable

_TOTAL: Final = re.compile(
    r"(grand |sub-?)?total\b.*|totals|sum|합계|총계|소계|누계|合計|合计|总计|gesamt|summe|totaal|"
    r"totale|итого",
    re.IGNORECASE,
)
# The first columns of a repeated header decide.
_N_COMPARED: Final = 4


def remove_stray_rows(raw: RawTable, numbers: Sequence[str]) -> tuple[RawTable, list[Problem]]:
    """Remove the rows that are no declarations, and name each kind.

    Parameters
    ----------
    raw : RawTable
        A file with problems.
    numbers : sequence of str
        Names of columns that contain numbers or days.

    Returns
    -------
    raw : RawTable
        The other rows.
    problems : list of Problem
        One for each kind of row that was removed.
    """
    columns = [as_text(cells) for cells in raw.columns]
    texts = [cells for cells in columns if cells is not None]
    if not texts or not raw.n_rows:
        return raw, []
    digits = [
        cells
        for name, cells in zip(raw.header, columns, strict=True)
        if cells is not None and name in numbers
    ]
    kinds = {
        "is empty: delete it": _empty(texts),
        "repeats the header (files joined?): delete it": _repeats_header(raw.header, columns),
        "looks like a second header: delete it": _second_header(digits, raw.n_rows),
        "looks like a row of totals: delete it": _totals(texts, raw.n_rows),
    }
    problems = []
    stray = np.zeros(raw.n_rows, dtype=bool)
    for complaint, rows in kinds.items():
        new = raw.lines[rows & ~stray]
        stray |= rows
        if len(new):
            more = f" (and {len(new) - 1:,} lines more)" if len(new) > 1 else ""
            message = f"Line {new[0]}{more} {complaint}"
            problems.append(Problem(message, n_lines=len(new), lines=new))
    if not problems or stray.all():
        return raw, []
    keep = pa.array(~stray)
    kept = tuple(pc.filter(cells, keep) for cells in raw.columns)
    return RawTable(raw.source, raw.header, kept, raw.lines[~stray], raw.report), problems


def is_total(cells: Sequence[str]) -> bool:
    """Return whether the first filled cell of a row is a word for totals.

    Examples
    --------
    >>> is_total(["", "Total", "12"]), is_total(["T-17", "Total"])
    (True, False)
    """
    first = next((cell.strip() for cell in cells if cell.strip()), "")
    return _TOTAL.fullmatch(first) is not None


def _empty(texts: Sequence[pa.ChunkedArray]) -> Mask:
    rows = np.ones(len(texts[0]), dtype=bool)
    for cells in texts:
        rows &= to_mask(pc.equal(pc.utf8_trim_whitespace(cells), ""))
    return rows


def _repeats_header(header: Sequence[str], columns: Sequence[pa.ChunkedArray | None]) -> Mask:
    pairs = [(n, c) for n, c in zip(header, columns, strict=True) if c is not None][:_N_COMPARED]
    rows = np.ones(len(pairs[0][1]), dtype=bool)
    for name, cells in pairs:
        rows &= to_mask(pc.equal(cells, name))
    return rows


def _second_header(digits: Sequence[pa.ChunkedArray], n_rows: int) -> Mask:
    """Return the first row if no cell of a number or day has a digit, but some has a word."""
    first = [str(cells[0].as_py()) for cells in digits]
    is_header = any(first) and not any(re.search(r"\d", cell) for cell in first)
    return _only(n_rows, 0, is_header and len(first) > 1)


def _totals(texts: Sequence[pa.ChunkedArray], n_rows: int) -> Mask:
    """Return the last row if it begins with a word for totals or has only some sums."""
    last = [str(cells[-1].as_py()) for cells in texts]
    filled = [cell for cell in last if cell]
    only_sums = 0 < len(filled) <= len(last) // 4 and all(
        re.fullmatch(r"[0-9.,]+", cell) for cell in filled
    )
    return _only(n_rows, n_rows - 1, is_total(last) or only_sums)


def _only(n_rows: int, row: int, is_stray: bool) -> npt.NDArray[np.bool_]:
    rows = np.zeros(n_rows, dtype=bool)
    rows[row] = is_stray
    return rows
