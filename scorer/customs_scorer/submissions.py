"""Submissions: writing one, and checking one without knowing the answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from gzip import GzipFile
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customs_data.columns.matching import Places, arrow_text, is_repeat, match_ids
from customs_data.edition.loading import Edition
from customs_data.errors import InvalidSubmissionError, KitError
from customs_data.files.atomic import replace_file, write_errors
from customs_data.files.csv_parsing import parse_csv
from customs_data.files.problems import N_EXAMPLES, ProblemReport
from customs_data.files.reading import read_content
from customs_data.tasks import Scores, Task, find_task
from customs_scorer.answers import answer_cells, in_canonical_form, parse_answers
from customs_scorer.fast_check import read_valid_file
from customs_scorer.formats import FORMATS, SUFFIXES_IN_WORDS, not_parquet
from customs_scorer.hopeless import HopelessFileError, Watch

# There is room for twice the rows, so that extra and repeated rows are still reported.
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
    answer : ndarray, shape (n_units,), (n_units, n_columns) or (0,)
        Submitted answers in the order of the expected keys, as the kind of answer describes
        (`customs_data.tasks.answers`); empty if there is a problem.
    """

    report: ProblemReport
    answer: npt.NDArray[Any] = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether the submission can be scored."""
        return not self.report


def max_content_bytes(n_test: int, task: Task | None = None) -> int:
    """Bytes that a submission of `n_test` units with short IDs may have, decompressed."""
    return max(_BYTES_AT_LEAST, (task or find_task()).answer.bytes_per_unit * n_test)


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
    expected_ids : Series of str, shape (n_units,)
        Keys of the units (`Edition.units`).
    task : Task, optional
        What was asked; fraud by default.
    source : str, optional
        What the report calls the file, if not by its name.

    Returns
    -------
    CheckedSubmission
        One report of everything wrong: missing, extra and repeated IDs, answers that break the
        rules of their kind (`answers`). At a hopeless file (`hopeless`) the check stops early.

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
    submitted = parse_answers(task.answer, raw.columns[1:], raw.lines, report)
    places = _check_ids(ids, expected_ids, raw.lines, report, task)
    if report:
        return CheckedSubmission(report, nothing)
    answer = np.empty((len(expected_ids), *submitted.shape[1:]), dtype=submitted.dtype)
    answer[places] = submitted
    return CheckedSubmission(report, in_canonical_form(task.answer, answer))


def _read_fast(
    content: bytes, task: Task, expected: pa.ChunkedArray
) -> npt.NDArray[np.float64] | None:
    """Return the scores of a valid file with one answer column; None if it needs the full check."""
    if not isinstance(task.answer, Scores) or len(task.answer.columns) > 1:
        return None
    return read_valid_file(content, ",".join(task.header).encode(), expected)


def _check_ids(
    ids: pa.ChunkedArray,
    expected: pd.Series[str],
    lines: npt.NDArray[np.int64],
    report: ProblemReport,
    task: Task,
) -> Places:
    """Report unknown, repeated and missing IDs; return the place of each row among the expected."""
    key = task.unit.key
    of = "test.csv" if task.asks_declarations else "sample_submission.csv"
    places = match_ids(ids, arrow_text(expected))
    absent = np.ones(len(expected), dtype=bool)
    absent[places[places >= 0]] = False
    if len(places) == len(expected) and not absent.any():
        return places
    for complaint, wrong in (
        (f"{key} must be one of {of}", places < 0),
        (f"{key} must not be repeated", is_repeat(places, len(expected))),
    ):
        rows = np.flatnonzero(wrong)
        if len(rows):
            examples = [ids[int(row)].as_py() or "" for row in rows[:N_EXAMPLES]]
            report.add(complaint, column=key, lines=lines[rows], values=examples)
    missing = np.flatnonzero(absent)
    if len(missing):
        first = ", ".join(expected.iloc[missing[:N_EXAMPLES]])
        report.add(
            f"Every {key} of {of} needs a row, but {len(missing):,} of {len(expected):,} are "
            f"missing, among them {first}",
            column=key,
        )
    return places


def read_submission(
    path: Path | str, expected_ids: pd.Series[str], *, task: Task | None = None
) -> npt.NDArray[Any]:
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


def write_submission(edition: Edition, answer: npt.ArrayLike, path: Path | str) -> Path:
    """Write a submission.

    Parameters
    ----------
    edition : Edition
        Whose units the answer is for.
    answer : array_like, shape (n_units,) or (n_units, n_columns)
        One answer for each of ``edition.units``, in order. Scores: finite floats, a column for each
        answer column of the task. Choices: up to as many texts as the task allows, best first;
        ``""`` for none. Groups: any numbers or texts.
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
    key, units = edition.task.unit.key, edition.units
    cells = answer_cells(edition.task, answer, len(units))
    path = Path(path)
    if not path.name.endswith(tuple(FORMATS)):  # pandas would take .zip for a compression
        raise InvalidSubmissionError(
            f"A submission's file name must end in {SUFFIXES_IN_WORDS}, unlike {path.name}."
        )
    frame = pd.DataFrame({key: units, **cells})
    with write_errors(path), replace_file(path) as scratch, scratch.open("wb") as file:
        # Without name and time in it, the same scores give the same bytes.
        is_gzip = path.suffix == ".gz"
        with GzipFile("", "wb", fileobj=file, mtime=0) if is_gzip else file as stream:
            frame.to_csv(stream, index=False, lineterminator="\n")
    return path
