"""Checking columns of text and turning them into declarations.

Every kind of problem is reported by column and line. Only a file without problems becomes a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customs_data import schema
from customs_data.columns.mapped_frames import map_frames
from customs_data.columns.matching import arrow_text
from customs_data.errors import InvalidDeclarationsError
from customs_data.files.cells import (
    Mask,
    as_text,
    can_be_numbers,
    is_written_positive,
    matches_in_full,
    parse_days,
    parse_numbers,
    to_mask,
    without_words,
)
from customs_data.files.headers import header_problems
from customs_data.files.problems import N_EXAMPLES, ProblemReport
from customs_data.files.raw_table import RawTable
from customs_data.files.reading import read_parts, read_table
from customs_data.files.stray_rows import remove_stray_rows
from customs_data.parallel import map_in_order, threads
from customs_data.schema import ERASED, KEY, Column

# Parts of a large file that are parsed at the same time, one per thread.
_PARTS_AT_A_TIME = 2


def read_declarations(
    path: Path | str,
    *,
    columns: Sequence[str | Column] | None = None,
    period: tuple[date, date] | None = None,
    missing: Sequence[str] = (),
) -> pd.DataFrame:
    """Read and check a file of declarations.

    Parameters
    ----------
    path : path
        CSV (UTF-8, with or without BOM, optionally gzipped) or Parquet.
    columns : sequence of str or Column, optional
        Columns the file must have, in any order; all 22 by default. A name is that of a schema
        column; a task brings columns of its own.
    period : (date, date), optional
        First and last allowed date, both inclusive.
    missing : sequence of str, optional
        Words that are read as an empty cell, such as ``NULL``.

    Returns
    -------
    DataFrame
        Columns as asked for, with the dtypes of :mod:`customs_data.schema`; a missing cell is NaN,
        an erased label is -1. Rows in the order of the file, index 0 .. n - 1.

    Raises
    ------
    KitError
        If the file cannot be read.
    InvalidDeclarationsError
        If it breaks the schema; the message lists every kind of problem.
    """
    try:
        return _read_valid_parts(path, columns, period, missing)
    except _InvalidFileError:  # read again: the report covers the whole file
        frame, report = parse_declarations(
            read_table(path), columns=columns, period=period, missing=missing
        )
    if report:
        raise InvalidDeclarationsError(str(report))
    return frame


class _InvalidFileError(Exception):
    """Raised if a part of a file has a problem, or an ID occurs in two parts."""


def _read_valid_parts(
    path: Path | str,
    columns: Sequence[str | Column] | None,
    period: tuple[date, date] | None,
    missing: Sequence[str],
) -> pd.DataFrame:
    """Read a file part by part; several parts become one frame mapped into memory."""
    parse = partial(_parse_valid_part, columns, period, missing)
    with threads(_PARTS_AT_A_TIME) as executor:
        frames = map_in_order(parse, read_parts(path), executor)
        first = next(frames)
        second = next(frames, None)
        if second is None:
            return first
        whole = map_frames(chain((first, second), frames))
    if KEY in whole and pc.count_distinct(arrow_text(whole[KEY])).as_py() < len(whole):
        raise _InvalidFileError
    return whole


def _parse_valid_part(
    columns: Sequence[str | Column] | None,
    period: tuple[date, date] | None,
    missing: Sequence[str],
    raw: RawTable,
) -> pd.DataFrame:
    frame, report = parse_declarations(raw, columns=columns, period=period, missing=missing)
    if report:
        raise _InvalidFileError
    return frame


def parse_declarations(
    raw: RawTable,
    *,
    columns: Sequence[str | Column] | None = None,
    period: tuple[date, date] | None = None,
    missing: Sequence[str] = (),
) -> tuple[pd.DataFrame, ProblemReport]:
    """Check raw columns as `read_declarations` does, but return the report with the frame."""
    wanted = [
        schema.COLUMN[column] if isinstance(column, str) else column
        for column in (columns or schema.COLUMN)
    ]
    frame, report = _parse(raw, wanted, period, missing)
    if report:
        measured = [column.name for column in wanted if column.role in ("time", "number")]
        rows, strays = remove_stray_rows(raw, measured)
        if strays:  # the stray rows would break every rule
            frame, report = _parse(rows, wanted, period, missing)
            report.problems[:0] = strays
    return frame, report


def _parse(
    raw: RawTable,
    wanted: Sequence[Column],
    period: tuple[date, date] | None,
    missing: Sequence[str],
) -> tuple[pd.DataFrame, ProblemReport]:
    report = ProblemReport(raw.source, list(raw.report.problems))
    report.problems += header_problems(raw.header, [column.name for column in wanted])
    data: dict[str, Any] = {}
    for column in wanted:
        if raw.header.count(column.name) == 1:
            cells = raw.columns[raw.header.index(column.name)]
            parser = _PARSERS[column.role]
            if parser.accepts(cells):
                given = _Cells(column, without_words(cells, missing), raw.lines, report)
                data[column.name] = parsed = parser.parse(given)
                if column.is_absent:
                    rule = " must be empty in every row, as edition.json lists it under absent"
                    given.require(rule, ~np.asarray(pd.isna(parsed)))
            else:
                problem = f"{column.name} must be {parser.kind}, but it is of type {cells.type}"
                report.add(problem, column=column.name)
    frame = pd.DataFrame(data, index=pd.RangeIndex(raw.n_rows))
    if KEY in frame:
        _check_unique_key(frame[KEY], raw.lines, report)
    if period is not None and "Date" in frame:
        _check_period(frame["Date"], period, raw.lines, report)
    if set(schema.LABEL_COLUMNS) <= set(frame.columns):
        _check_labels(frame, raw.lines, report)
    return frame, report


#: A label that is no label; its problem is reported already.
_UNREADABLE: Final = -2


@dataclass(frozen=True)
class _Cells:
    """The cells of one column and where to report their problems."""

    column: Column
    cells: pa.ChunkedArray
    lines: npt.NDArray[np.int64]
    report: ProblemReport

    def require(self, rule: str, wrong: Mask) -> None:
        """Add a problem if `wrong` is true for any cell."""
        positions = np.flatnonzero(wrong)
        if len(positions):
            values = [self.cells[int(i)].as_py() for i in positions[:N_EXAMPLES]]
            lines = self.lines[positions]
            self.report.add(
                f"{self.column.name}{rule}", column=self.column.name, lines=lines, values=values
            )

    def text(self) -> pa.ChunkedArray:
        text = as_text(self.cells)
        assert text is not None
        return text


def _parse_text(given: _Cells) -> pd.Series[str]:
    column, text = given.column, given.text()
    empty = to_mask(pc.equal(text, ""))
    valid = matches_in_full(text, column.pattern)
    given.require(f" must be {column.pattern_in_words}", ~valid & ~empty)
    if not column.may_be_missing:
        given.require(" must not be empty", empty)
    filled = pc.if_else(pa.chunked_array([pa.array(~empty)]), text, None)
    return pd.Series(pd.array(filled, dtype=schema.TEXT_DTYPE))


def _parse_number(given: _Cells) -> npt.NDArray[np.float64]:
    column = given.column
    numbers, wrong = parse_numbers(given.cells)
    unit = f" ({column.unit})" if column.unit else ""
    out_of_range = (numbers > column.maximum) | (numbers < column.minimum)
    rule = f"{unit} must be a number from {column.minimum:g} to {column.maximum:g}"
    given.require(rule, wrong | out_of_range)
    tiny = (numbers > 0) & (numbers < column.smallest_positive)
    if (numbers == 0).any():
        tiny |= (numbers == 0) & is_written_positive(given.cells)
    given.require(f"{unit} must be 0 or at least {column.smallest_positive:g}", tiny)
    if not column.may_be_missing:
        given.require(" must not be empty", np.isnan(numbers) & ~wrong)
    return numbers


def _parse_date(given: _Cells) -> pd.Series[Any]:
    kind = given.cells.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        stamps = pd.Series(pd.to_datetime(pd.Series(given.cells.to_pandas()), errors="coerce"))
        if stamps.dt.tz is not None:
            stamps = stamps.dt.tz_localize(None)
        wrong = np.asarray(stamps.isna() | (stamps != stamps.dt.normalize()))
        far = np.asarray(
            (stamps < pd.Timestamp(schema.FIRST_DAY))
            | (stamps >= pd.Timestamp(schema.LAST_DAY) + pd.Timedelta(days=1))
        )
    else:
        stamps, far = parse_days(given.text())
        wrong = np.asarray(stamps.isna()) & ~far
    given.require(" must be a day of the calendar, YYYY-MM-DD", wrong)
    given.require(f" must lie from {schema.FIRST_DAY} to {schema.LAST_DAY}", far)
    return stamps.astype(schema.DATE_DTYPE)


def _parse_label(given: _Cells) -> npt.NDArray[np.int8]:
    numbers, wrong = parse_numbers(given.cells)
    empty = np.isnan(numbers) & ~wrong
    allowed = np.isin(numbers, given.column.values)
    words = ", ".join(map(str, given.column.values))
    given.require(f" must be one of {words}, or empty for an erased label", ~allowed & ~empty)
    numbers = np.nan_to_num(numbers, posinf=0, neginf=0)
    return np.select([allowed, empty], [numbers, ERASED], _UNREADABLE).astype(np.int8)


def _can_be_text(cells: pa.ChunkedArray) -> bool:
    return as_text(cells) is not None


def _can_be_dates(cells: pa.ChunkedArray) -> bool:
    """Return whether cells are text, or dates that pandas can represent."""
    if pa.types.is_timestamp(cells.type) or pa.types.is_date(cells.type):
        try:
            cells.to_pandas()
        except (pa.ArrowException, ValueError, OverflowError, KeyError):
            return False
        return True
    return _can_be_text(cells)


class _Parser(NamedTuple):
    """Parser of a role, the kind of cells it needs, and a test of their type."""

    parse: Callable[[_Cells], Any]
    kind: str
    accepts: Callable[[pa.ChunkedArray], bool]


_TEXT: Final = _Parser(_parse_text, "text", _can_be_text)
_PARSERS: Final[dict[schema.Role, _Parser]] = {
    "key": _TEXT,
    "entity": _TEXT,
    "code": _TEXT,
    "time": _Parser(_parse_date, "days", _can_be_dates),
    "number": _Parser(_parse_number, "numbers", can_be_numbers),
    "label": _Parser(_parse_label, "numbers", can_be_numbers),
}


def _check_unique_key(
    key: pd.Series[str], lines: npt.NDArray[np.int64], report: ProblemReport
) -> None:
    repeated = np.asarray(key.duplicated() & key.notna())
    if repeated.any():
        report.add(
            f"{KEY} must be unique",
            column=KEY,
            lines=lines[repeated],
            values=key[repeated].head(N_EXAMPLES).tolist(),
        )


def _check_period(
    dates: pd.Series[Any],
    period: tuple[date, date],
    lines: npt.NDArray[np.int64],
    report: ProblemReport,
) -> None:
    first, last = (pd.Timestamp(day) for day in period)
    outside = np.asarray((dates < first) | (dates > last))
    if outside.any():
        days = [f"{day:%Y-%m-%d}" for day in dates[outside].head(N_EXAMPLES)]
        report.add(
            f"Date must lie within {first:%Y-%m-%d} .. {last:%Y-%m-%d}",
            column="Date",
            lines=lines[outside],
            values=days,
        )


def _check_labels(frame: pd.DataFrame, lines: npt.NDArray[np.int64], report: ProblemReport) -> None:
    fraud, critical = (frame[name].to_numpy() for name in schema.LABEL_COLUMNS)
    readable = (fraud != _UNREADABLE) & (critical != _UNREADABLE)
    for complaint, breaks in (
        ("Critical Fraud = 2 must come with Fraud = 1", (critical == 2) & (fraud == 0)),
        (
            "Fraud and Critical Fraud must be erased together",
            (fraud == ERASED) != (critical == ERASED),
        ),
    ):
        wrong = readable & breaks
        if wrong.any():
            pairs = zip(fraud[wrong][:N_EXAMPLES], critical[wrong][:N_EXAMPLES], strict=True)
            values = [f"{f}, {c}".replace("-1", "nothing") for f, c in pairs]
            report.add(complaint, column="Critical Fraud", lines=lines[wrong], values=values)
