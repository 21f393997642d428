"""Foreign exports as checked declarations: read, map, check, and leave out what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customs_data.column_maps.applying import apply_map, check_header, left_out
from customs_data.column_maps.column_map import ColumnMap
from customs_data.column_maps.declaration_ids import items_of, number_items, write_ids
from customs_data.column_maps.rejections import (
    Rejections,
    rejected_lines,
    split_problems,
    write_rejected,
)
from customs_data.column_maps.tables import read_export, tables_of
from customs_data.columns.column_set import ColumnSet
from customs_data.errors import InvalidDeclarationsError, KitError
from customs_data.files.declarations import parse_declarations
from customs_data.files.problems import ProblemReport
from customs_data.files.raw_table import RawTable
from customs_data.files.reading import read_table
from customs_data.schema import KEY, Column


@dataclass(frozen=True)
class Export:
    """How an office's files are read.

    Attributes
    ----------
    rules : ColumnMap, optional
        What its columns mean; by default the files have the kit's own.
    missing : tuple of str
        Words that are read as an empty cell, besides those of the map.
    rejections : Rejections, optional
        What happens to rows that do not fit; by default they are an error.
    ids : Path, optional
        File for the declaration IDs that line items get.
    """

    rules: ColumnMap | None = None
    missing: tuple[str, ...] = ()
    rejections: Rejections | None = None
    ids: Path | None = None

    def __post_init__(self) -> None:
        """Let the map know all missing words."""
        if self.ids and not (self.rules and self.rules.line_items):
            raise KitError("There are no new IDs to keep: the map has no [line_items].")
        if self.rules:
            words = tuple(dict.fromkeys((*self.rules.missing, *self.missing)))
            object.__setattr__(self, "rules", replace(self.rules, missing=words))

    @property
    def column_set(self) -> ColumnSet:
        """Absent and extra columns.

        Raises
        ------
        KitError
            If the map leaves an edition without what it needs.
        """
        try:
            return self.rules.column_set if self.rules else ColumnSet()
        except KitError as error:
            raise KitError(f"The column map: {error}") from None

    def read(self, path: Path) -> RawTable:
        """Read one file without interpreting its cells.

        Raises
        ------
        KitError
            If it cannot be read, or lacks a column of the map.
        """
        if self.rules is None:
            return read_table(path)
        raw = read_export(path, self.rules.file)
        check_header(raw, self.rules)
        return raw


@dataclass(frozen=True)
class ReadExport:
    """Declarations of some files.

    Attributes
    ----------
    frames : list of DataFrame
        One for each file or folder.
    notes : list of str
        What was left out, in sentences.
    """

    frames: list[pd.DataFrame]
    notes: list[str] = field(default_factory=list)


@dataclass
class _Table:
    """One file: its checked rows and their lines, what is wrong, and columns left out."""

    path: Path
    frame: pd.DataFrame
    lines: npt.NDArray[np.int64]
    report: ProblemReport
    n_rows: int
    unread: list[str]


def read_export_files(
    files: Sequence[Path], export: Export, columns: Sequence[Column]
) -> ReadExport:
    """Read files, or folders of files, as declarations.

    Parameters
    ----------
    files : sequence of path
    export : Export
    columns : sequence of Column
        Columns of the edition, absent and extra ones among them.

    Raises
    ------
    KitError
        If a file cannot be read, or the map does not fit it or the columns.
    InvalidDeclarationsError
        If rows break the schema, and more than may be rejected; the message lists every kind of
        problem of every file.
    """
    rules = export.rules
    if rules:
        try:
            rules.check_columns(columns)
        except KitError as error:
            raise KitError(f"The column map: {error}") from None
    ids: dict[str, str] = {}
    if rules and rules.line_items:
        items = (items_of(export.read(path), rules) for file in files for path in tables_of(file))
        ids = number_items(item for some in items for item in some)
        if export.ids:
            write_ids(export.ids, ids, rules)
    groups = [[_read(path, export, columns, ids) for path in tables_of(file)] for file in files]
    notes = _left_out(list(dict.fromkeys(x for group in groups for t in group for x in t.unread)))
    for tables in groups:
        _report_repeated(tables)
    notes += _reject([table for tables in groups for table in tables], export)
    return ReadExport([_joined([table.frame for table in tables]) for tables in groups], notes)


def _read(path: Path, export: Export, columns: Sequence[Column], ids: dict[str, str]) -> _Table:
    """Read, map and check one file; rows with problems are in its report only."""
    raw = export.read(path)
    n_rows = raw.n_rows + len(rejected_lines(raw.report.problems))
    unread = left_out(raw, export.rules) if export.rules else []
    if export.rules:
        raw = apply_map(raw, export.rules, columns, ids)
    report = ProblemReport(raw.source)
    while True:  # without its worst rows, a file may show others, such as a total at its end
        frame, rest = parse_declarations(raw, columns=columns, missing=export.missing)
        report.problems += rest.problems
        of_rows, of_file = split_problems(rest.problems)
        if of_file or not of_rows:
            return _Table(path, frame, raw.lines, report, n_rows, unread)
        is_good = ~np.isin(raw.lines, rejected_lines(of_rows))
        kept = tuple(pc.filter(cells, pa.array(is_good)) for cells in raw.columns)
        raw = replace(raw, columns=kept, lines=raw.lines[is_good], report=ProblemReport(raw.source))


def _report_repeated(tables: list[_Table]) -> None:
    """Leave out the rows whose Declaration ID is in an earlier file of the same folder."""
    if len(tables) < 2 or any(KEY not in table.frame for table in tables):
        return
    keys = _joined([table.frame[[KEY]] for table in tables])[KEY]
    repeats = np.asarray(keys.duplicated())
    start = 0
    for table in tables:
        repeated = repeats[start : start + len(table.frame)]
        start += len(table.frame)
        if repeated.any():
            table.report.add(
                f"{KEY} must be unique in the whole folder",
                column=KEY,
                lines=table.lines[repeated],
                values=table.frame[KEY][repeated].tolist(),
            )
            table.frame = table.frame[~repeated].reset_index(drop=True)


def _reject(tables: list[_Table], export: Export) -> list[str]:
    """Write the rejected rows and say how many; raise an error if they are too many.

    Raises
    ------
    InvalidDeclarationsError
        If there are more than may be rejected.
    """
    bad = [table for table in tables if table.report]
    if not bad:
        return []
    complaint = "\n".join(str(table.report) for table in bad)
    rejections = export.rejections
    if rejections is None or any(split_problems(table.report.problems)[1] for table in bad):
        raise InvalidDeclarationsError(complaint)
    listed = [(export.read(table.path), table.report.problems) for table in bad]
    write_rejected(rejections.path, listed)
    n_rejected = sum(len(rejected_lines(table.report.problems)) for table in bad)
    n_rows = sum(table.n_rows for table in tables)
    share = n_rejected / n_rows
    if share > rejections.most:
        raise InvalidDeclarationsError(
            f"{complaint}\n{n_rejected:,} of {n_rows:,} rows ({share:.2%}) do not fit, more than "
            f"the share that may be rejected ({rejections.most:.2%}). They are in "
            f"{rejections.path}. Mend them, or set --reject-up-to."
        )
    return [
        f"{n_rejected:,} of {n_rows:,} rows ({share:.2%}) do not fit and were left out; "
        f"{rejections.path} has them with the reasons."
    ]


def _left_out(names: Sequence[str]) -> list[str]:
    """Return a sentence about the columns that the map does not read."""
    if not names:
        return []
    kinds = "column" if len(names) == 1 else "columns"
    return [f"Left out {len(names)} {kinds} that the map does not name: {', '.join(names)}."]


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
