"""Submissions: writing one, and checking one without knowing the answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from gzip import GzipFile
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customs_data.columns.matching import Places, arrow_text, is_repeat, match_ids
from customs_data.edition.loading import Edition
from customs_data.errors import InvalidSubmissionError, KitError
from customs_data.files.atomic import replace_file, write_errors
from customs_data.files.cells import parse_numbers, to_mask
from customs_data.files.csv_parsing import parse_csv
from customs_data.files.problems import N_EXAMPLES, ProblemReport
from customs_data.files.reading import read_content
from customs_data.schema import KEY
from customs_data.tasks import Task, find_task
from customs_scorer.fast_check import read_valid_file
from customs_scorer.formats import FORMATS, SUFFIXES_IN_WORDS, not_parquet
from customs_scorer.hopeless import HopelessFileError, Watch

# What a valid file needs at most: an ID, and for each answer a comma, 25 characters of a float64
# and quotes, with room for twice the rows, so that extra and repeated rows are still reported.
_BYTES_PER_ROW: Final = 96
_BYTES_AT_LEAST: Final = 1 << 20
# IDs of more bytes get as much room again.
_ID_BYTES: Final = 16


@dataclass(frozen=True)
class CheckedSubmission:
    """A submission after checking.

    Attributes
    ----------
    report : ProblemReport
        Everything that is wrong; empty if the submission can be scored.
    answer : ndarray of float64, shape (n_test,), (n_test, n_columns) or (0,)
        Submitted scores in the order of the expected IDs; one-dimensional if the task has one
        answer column, empty if there is a problem.
    """

    report: ProblemReport
    answer: npt.NDArray[np.float64] = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether the submission can be scored."""
        return not self.report


def max_content_bytes(n_test: int, task: Task | None = None) -> int:
    """Bytes that a submission of `n_test` declarations with short IDs may have, decompressed."""
    n_columns = len((task or find_task()).answer.columns)
    return max(_BYTES_AT_LEAST, _BYTES_PER_ROW * n_columns * n_test)


def check_submission(
    path: Path | str,
    expected_ids: pd.Series[str],
    *,
    task: Task | None = None,
    source: str | None = None,
) -> CheckedSubmission:
    """Check a submission file without the answers.

    Parameters
    ----------
    path : path
        The key and the task's answer columns (``Declaration ID,Fraud Score``) in one of
        `customs_scorer.formats.FORMATS`, recognised by its first bytes.
    expected_ids : Series of str, shape (n_test,)
        Declaration IDs of test.csv.
    task : Task, optional
        What was asked; fraud by default.
    source : str, optional
        What the report calls the file, if not by its name.

    Returns
    -------
    CheckedSubmission
        One report of everything wrong: missing, extra and repeated IDs, scores that are empty, not
        numeric or not finite. At a hopeless file (`hopeless`) the check stops early.

    Raises
    ------
    KitError
        If the path cannot be opened at all; a file that can be opened but not read as a table is a
        problem in the report.
    """
    path = Path(path)
    try:
        is_file, is_folder, exists = path.is_file(), path.is_dir(), path.exists()
    except OSError:  # a name too long to be one, a folder that may not be entered
        is_file = is_folder = exists = False
    if not is_file:
        if is_folder:
            raise KitError(f"{path} is a folder. Name a file in it.")
        if exists:
            raise KitError(f"{path} is a pipe or device. Write the submission to a file first.")
        raise KitError(f"No such file: {path}.")
    report = ProblemReport(path.name if source is None else source)
    nothing = np.zeros(0)
    task = task or find_task()
    expected = arrow_text(expected_ids)
    id_bytes = pc.sum(pc.binary_length(expected)).as_py() or 0
    max_bytes = max_content_bytes(len(expected), task)
    max_bytes += 2 * max(id_bytes - _ID_BYTES * len(expected), 0)
    watch = Watch(task, len(expected), report)
    try:
        read = read_content(path, max_bytes=max_bytes, source=source, watch=watch.feed)
        content = not_parquet(read, report.source)
        if content.endswith(b"\n\n"):
            content = content.rstrip(b"\r\n") + b"\n"
        if (valid := _read_fast(content, task, expected)) is not None:
            return CheckedSubmission(report, valid)
        raw = parse_csv(content, source=report.source, records=watch.finish(content))
    except HopelessFileError:
        return CheckedSubmission(report, nothing)
    except KitError as error:
        report.add(str(error).rstrip("."))
        return CheckedSubmission(report, nothing)
    report.problems.extend(raw.report.problems)
    ids = raw.columns[0]
    scores = [
        _scores(cells, name, raw.lines, report)
        for name, cells in zip(task.answer.columns, raw.columns[1:], strict=True)
    ]
    places = _check_ids(ids, expected_ids, raw.lines, report)
    if report:
        return CheckedSubmission(report, nothing)
    submitted = scores[0] if len(scores) == 1 else np.column_stack(scores)
    answer = np.empty((len(expected_ids), *submitted.shape[1:]))
    answer[places] = submitted
    return CheckedSubmission(report, answer)


def _read_fast(
    content: bytes, task: Task, expected: pa.ChunkedArray
) -> npt.NDArray[np.float64] | None:
    """Return the scores of a valid file with one answer column; None if it needs the full check."""
    if len(task.answer.columns) > 1:
        return None
    return read_valid_file(content, ",".join(task.header).encode(), expected)


def _scores(
    cells: pa.ChunkedArray, name: str, lines: npt.NDArray[np.int64], report: ProblemReport
) -> npt.NDArray[np.float64]:
    """Scores as numbers; those that are empty, not numeric or not finite are reported."""
    scores, not_a_number = parse_numbers(cells)
    empty = to_mask(pc.equal(cells, ""))
    infinite = (not_a_number | ~np.isfinite(scores)) & ~empty
    for complaint, wrong in (
        (f"{name} must be a finite number (not nan or inf)", infinite),
        (f"{name} must not be empty", empty),
    ):
        places = np.flatnonzero(wrong)
        if len(places):
            examples = [cells[int(i)].as_py() for i in places[:N_EXAMPLES]]
            report.add(complaint, column=name, lines=lines[places], values=examples)
    return scores


def _check_ids(
    ids: pa.ChunkedArray,
    expected: pd.Series[str],
    lines: npt.NDArray[np.int64],
    report: ProblemReport,
) -> Places:
    """Report unknown, repeated and missing IDs; return the place of each row among the expected."""
    places = match_ids(ids, arrow_text(expected))
    absent = np.ones(len(expected), dtype=bool)
    absent[places[places >= 0]] = False
    if len(places) == len(expected) and not absent.any():
        return places
    for complaint, wrong in (
        (f"{KEY} must be one of test.csv", places < 0),
        (f"{KEY} must not be repeated", is_repeat(places, len(expected))),
    ):
        rows = np.flatnonzero(wrong)
        if len(rows):
            examples = [ids[int(row)].as_py() or "" for row in rows[:N_EXAMPLES]]
            report.add(complaint, column=KEY, lines=lines[rows], values=examples)
    missing = np.flatnonzero(absent)
    if len(missing):
        first = ", ".join(expected.iloc[missing[:N_EXAMPLES]])
        report.add(
            f"Every {KEY} of test.csv needs a row, but {len(missing):,} of {len(expected):,} are "
            f"missing, among them {first}",
            column=KEY,
        )
    return places


def read_submission(
    path: Path | str, expected_ids: pd.Series[str], *, task: Task | None = None
) -> npt.NDArray[np.float64]:
    """Return the answer of a submission in the order of `expected_ids` (`CheckedSubmission`).

    Raises
    ------
    InvalidSubmissionError
        With the whole report, if the submission cannot be scored.
    KitError
        If the file cannot be opened.
    """
    checked = check_submission(path, expected_ids, task=task)
    if not checked.passed:
        raise InvalidSubmissionError(str(checked.report))
    return checked.answer


def write_submission(edition: Edition, fraud_score: npt.ArrayLike, path: Path | str) -> Path:
    """Write a submission.

    Parameters
    ----------
    edition : Edition
        Whose test declarations were scored.
    fraud_score : array_like of float, shape (n_test,) or (n_test, n_columns)
        One finite score for each row of ``edition.test`` and answer column of the task, in order.
    path : path
        Where to write; CSV, gzipped if the name ends in ``.gz``.

    Returns
    -------
    path
        The file written.

    Raises
    ------
    InvalidSubmissionError
        If shape or values are wrong.
    KitError
        If the file cannot be written.
    """
    scores = np.asarray(fraud_score, dtype=np.float64)
    columns, key = edition.task.answer.columns, edition.task.unit.key
    shape = (len(edition.test), len(columns))[: 1 if len(columns) == 1 else 2]
    if scores.shape != shape:
        raise InvalidSubmissionError(
            f"Give one score for each row of test: shape {shape}, not {scores.shape}."
        )
    if wrong := int((~np.isfinite(scores)).sum()):
        raise InvalidSubmissionError(
            f"Scores must be finite, but {wrong:,} of {scores.size:,} are NaN or infinite."
        )
    path = Path(path)
    if not path.name.endswith(tuple(FORMATS)):  # pandas would take .zip for a compression
        raise InvalidSubmissionError(
            f"A submission's file name must end in {SUFFIXES_IN_WORDS}, unlike {path.name}."
        )
    cells = dict(zip(columns, scores.reshape(len(scores), -1).T, strict=True))
    frame = pd.DataFrame({key: edition.test[key], **cells})
    with write_errors(path), replace_file(path) as scratch, scratch.open("wb") as file:
        # Without name and time in it, the same scores give the same bytes.
        is_gzip = path.suffix == ".gz"
        with GzipFile("", "wb", fileobj=file, mtime=0) if is_gzip else file as stream:
            frame.to_csv(stream, index=False, lineterminator="\n")
    return path
