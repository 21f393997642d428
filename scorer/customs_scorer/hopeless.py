"""Stopping early at hopeless files, so that no file costs much more to check than a sound one.

A file is hopeless if its header is wrong, if 100 lines in a row have another number of cells than
the header, or if it has more than twice the expected rows. Its report has only this problem. Every
other file gets the full report of `submissions.check_submission`.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from typing import Final

import numpy as np

from customs_data.errors import KitError
from customs_data.files.csv_parsing import UTF8_BOM, Rows, check_encoding, parse_header, read_rows
from customs_data.files.headers import header_problems
from customs_data.files.problems import ProblemReport
from customs_data.files.recognition import foreign_format
from customs_data.files.records import Records, count_byte, scan_records
from customs_data.tasks import Task

_MOST_BAD: Final = 100
_TIMES_ROWS: Final = 2
# A longer first line is no header.
_HEADER_BYTES: Final = 1 << 16
_MOST_COLUMNS: Final = 100


class HopelessFileError(KitError):
    """The check of a file stopped; its report has the reason."""


class Watch:
    """Watches a file while it is read, and stops at a hopeless one.

    Parameters
    ----------
    task : Task
        What was asked.
    n_expected : int
        Number of rows of test.csv.
    report : ProblemReport
        Gets the problem of a hopeless file.

    Examples
    --------
    ::

        watch = Watch(task, n_expected, report)
        content = read_content(path, watch=watch.feed)
        records = watch.finish(content)
    """

    def __init__(self, task: Task, n_expected: int, report: ProblemReport) -> None:
        self._task = task
        self._n_columns = len(task.header)
        self._most_rows = _TIMES_ROWS * n_expected
        self._n_expected = n_expected
        self._report = report
        self._parts: list[bytes] = []
        self._n_bytes = self._n_lines = self._n_commas = 0
        self._has_header = False
        self._next_scan = 0

    def feed(self, part: bytes) -> None:
        """Look at the next part of the content: a few counts if nothing is suspicious.

        Raises
        ------
        HopelessFileError
            If the file is hopeless.
        """
        self._parts.append(part)
        self._n_bytes += len(part)
        if not self._has_header and (b"\n" in part or self._n_bytes >= _HEADER_BYTES):
            self._check_header(b"".join(self._parts))
        self._n_lines += count_byte(part, b"\n")
        self._n_lines += count_byte(part, b"\r") if b"\r" in part else 0
        self._n_commas += count_byte(part, b",")
        n_wrong = abs(self._n_commas - self._n_lines * (self._n_columns - 1))
        suspicious = self._n_lines > self._most_rows + 1 or n_wrong >= _MOST_BAD
        if self._has_header and suspicious and self._n_bytes >= self._next_scan:
            self._next_scan = 16 * self._n_bytes  # so that all scans cost little more than one
            text = _whole_lines(b"".join(self._parts))
            if text.count(b'"') % 2:  # the last line is inside quotation marks
                text = _whole_lines(text[: text.rfind(b'"')])
            records = scan_records(text.removeprefix(UTF8_BOM))
            if records is not None:
                self._check_records(records)

    def finish(self, content: bytes) -> Records | Rows:
        """Look at the whole content.

        Returns
        -------
        Records or Rows
            The lines of the content, for `parse_csv`.

        Raises
        ------
        HopelessFileError
            If the file is hopeless.
        KitError
            If it is not UTF-8, or a quotation mark is wrong.
        """
        if not self._has_header and content.strip():
            self._check_header(content)
        content = content.removeprefix(UTF8_BOM)
        records: Records | Rows | None = scan_records(content)
        if records is None:
            source = self._report.source
            check_encoding(content, source)
            records = read_rows(content, source, self._n_columns, self._most_rows + 2)
        self._check_records(records)
        return records

    def _check_header(self, start: bytes) -> None:
        self._has_header = True
        start = start.removeprefix(UTF8_BOM)[:_HEADER_BYTES]
        line = start.partition(b"\n")[0]
        if line.rstrip(b"\r") == ",".join(self._task.header).encode():
            return
        source = self._report.source
        if (foreign := foreign_format(start)) is not None:
            raise KitError(f"{source} {foreign}")
        try:
            getincrementaldecoder("utf-8")().decode(start)  # which may end inside a character
        except UnicodeDecodeError:
            check_encoding(start, source)
        try:
            header = parse_header(line, source)
        except KitError as error:
            self._report.add(str(error).rstrip("."))
            raise self._stop("There is no header, so checking stopped at line 1") from None
        if header != self._task.header:
            report_header(header, self._task, self._report)
            raise self._stop("The header is wrong, so checking stopped at line 1")

    def _check_records(self, records: Records | Rows) -> None:
        """Stop at the first run of bad lines or at the first row too many."""
        most = self._most_rows + 2  # with the header
        lines, n_cells = records.lines[1:most] + 1, records.n_cells[1:most]
        is_good = n_cells == self._n_columns
        breaks = np.concatenate([[-1], np.flatnonzero(is_good), [len(is_good)]])
        runs = np.diff(breaks) - 1
        if (runs >= _MOST_BAD).any():
            first = int(breaks[np.argmax(runs >= _MOST_BAD)]) + 1
            width = int(n_cells[first])
            raise self._stop(
                f"Every line must have {self._n_columns} cells like the header, but {_MOST_BAD} "
                f"lines in a row do not (line {lines[first]} has {width}), so checking stopped at "
                f"line {lines[first + _MOST_BAD - 1]}"
            )
        if len(lines) > self._most_rows:
            raise self._stop(
                f"test.csv has {self._n_expected:,} rows, but the file has more than twice as "
                f"many, so checking stopped at line {lines[-1]}"
            )

    def _stop(self, message: str) -> HopelessFileError:
        self._report.add(message)
        return HopelessFileError(message)


def report_header(header: tuple[str, ...], task: Task, report: ProblemReport) -> None:
    """Report how a wrong header differs from that of the task."""
    wanted = ",".join(task.header)
    if sorted(header) == sorted(task.header):
        report.add(f"The columns must be in the order '{wanted}'")
        return
    if len(header) > 1:
        report.add(f"The header must be '{wanted}', but it is {','.join(header)[:120]!a}")
    report.problems += header_problems(header[:_MOST_COLUMNS], task.header)


def _whole_lines(text: bytes) -> bytes:
    return text[: max(text.rfind(b"\n"), text.rfind(b"\r")) + 1]
