"""Submissions: writing one, and checking one without knowing the answers."""

from __future__ import annotations

from dataclasses import dataclass, field
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
from customs_data.files.cells import can_be_numbers, parse_numbers
from customs_data.files.csv_parsing import parse_csv
from customs_data.files.problems import N_EXAMPLES, ProblemReport
from customs_data.files.reading import read_content, read_table
from customs_data.schema import KEY
from customs_scorer.fast_check import read_sound_file

SCORE: Final = "Fraud Score"
HEADER: Final = (KEY, SCORE)
_HEADER_LINE: Final = ",".join(HEADER).encode()

# What a sound file can need at most: an ID, a comma, 25 characters of a float64 and quotes, with
# room for twice the rows, so that extra and repeated rows are still reported as what they are.
_BYTES_PER_ROW: Final = 256
_BYTES_AT_LEAST: Final = 1 << 20


@dataclass(frozen=True)
class CheckedSubmission:
    """A submission after checking.

    Attributes
    ----------
    report : ProblemReport
        Everything found wrong; empty if the submission can be scored.
    fraud_score : ndarray of float64, shape (n_test,) or (0,)
        Scores in the order of the expected IDs; empty if there is a problem.
    """

    report: ProblemReport
    fraud_score: npt.NDArray[np.float64] = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether the submission can be scored."""
        return not self.report


def max_content_bytes(n_test: int) -> int:
    """Bytes that a submission of `n_test` declarations may have at most, decompressed."""
    return _BYTES_AT_LEAST + _BYTES_PER_ROW * n_test


def check_submission(
    path: Path | str, expected_ids: pd.Series[str], *, source: str | None = None
) -> CheckedSubmission:
    """Check a submission file without the answers.

    Parameters
    ----------
    path : path
        ``Declaration ID,Fraud Score`` as CSV (optionally gzipped) or Parquet.
    expected_ids : Series of str, shape (n_test,)
        Declaration IDs of test.csv.
    source : str, optional
        What the file is called in the report, where its name is nothing to tell.

    Returns
    -------
    CheckedSubmission
        One report of everything found: wrong header, missing, extra and repeated IDs, scores that
        are empty, not numeric or not finite.

    Raises
    ------
    KitError
        If the path cannot be opened at all; a file that can be opened but not read as a table is a
        problem in the report.
    """
    path = Path(path)
    try:
        exists = path.is_file()
    except OSError:  # a name too long to be one, a folder that may not be entered
        exists = False
    if not exists:
        raise KitError(f"{path} must be a file, however: there is none. Check the path.")
    report = ProblemReport(path.name if source is None else source)
    nothing = np.zeros(0)
    expected, max_bytes = arrow_text(expected_ids), max_content_bytes(len(expected_ids))
    try:
        content = read_content(path, max_bytes=max_bytes, source=source)
        if content is None:
            raw = read_table(path, max_bytes=max_bytes, source=source)
        elif (sound := read_sound_file(content, _HEADER_LINE, expected)) is not None:
            return CheckedSubmission(report, sound)
        else:
            raw = parse_csv(content, source=report.source)
    except KitError as error:
        report.add(str(error).rstrip("."))
        return CheckedSubmission(report, nothing)
    report.problems.extend(raw.report.problems)
    if raw.header != HEADER:
        shown = ascii(",".join(raw.header)[:120])
        report.add(
            f"The header must be exactly '{','.join(HEADER)}', however: it is {shown}"
            if set(raw.header) != set(HEADER) or len(raw.header) != len(HEADER)
            else f"The columns must stand in the order '{','.join(HEADER)}'"
        )
        return CheckedSubmission(report, nothing)
    ids = _ids(raw.columns[0], report)
    scores = _scores(raw.columns[1], raw.lines, report)
    if ids is None or scores is None:
        return CheckedSubmission(report, nothing)
    places = _check_ids(ids, expected_ids, raw.lines, report)
    if report:
        return CheckedSubmission(report, nothing)
    aligned = np.empty(len(expected_ids))
    aligned[places] = scores
    return CheckedSubmission(report, aligned)


def _ids(cells: pa.ChunkedArray, report: ProblemReport) -> pa.ChunkedArray | None:
    """Declaration IDs, if they are text; a Parquet file may hold them as another type."""
    if not (pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)):
        report.add(f"{KEY} must be text, as in test.csv, however: it is {cells.type}", column=KEY)
        return None
    return cells


def _scores(
    cells: pa.ChunkedArray, lines: npt.NDArray[np.int64], report: ProblemReport
) -> npt.NDArray[np.float64] | None:
    """Scores as numbers; those that are empty, not numeric or not finite are reported."""
    if not can_be_numbers(cells):
        report.add(f"{SCORE} must be numbers, however: it is {cells.type}", column=SCORE)
        return None
    scores, not_a_number = parse_numbers(cells)
    empty = np.asarray(pc.is_null(cells).combine_chunks(), dtype=bool)
    if pa.types.is_string(cells.type):
        empty = np.asarray(pc.equal(cells, "").combine_chunks().fill_null(True), dtype=bool)
    infinite = (not_a_number | ~np.isfinite(scores)) & ~empty
    for complaint, wrong in (
        (f"{SCORE} must be a finite number (not nan or inf)", infinite),
        (f"{SCORE} must not be empty", empty),
    ):
        places = np.flatnonzero(wrong)
        if len(places):
            shown = [cells[int(i)].as_py() for i in places[:N_EXAMPLES]]
            report.add(complaint, column=SCORE, lines=lines[places], values=shown)
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
        (f"{KEY} must stand only once", is_repeat(places, len(expected))),
    ):
        rows = np.flatnonzero(wrong)
        if len(rows):
            shown = [ids[int(row)].as_py() or "" for row in rows[:N_EXAMPLES]]
            report.add(complaint, column=KEY, lines=lines[rows], values=shown)
    missing = np.flatnonzero(absent)
    if len(missing):
        examples = ", ".join(expected.iloc[missing[:N_EXAMPLES]])
        report.add(
            f"Every {KEY} of test.csv must have a row, however: {len(missing):,} of "
            f"{len(expected):,} are missing, among them {examples}",
            column=KEY,
        )
    return places


def read_submission(path: Path | str, expected_ids: pd.Series[str]) -> npt.NDArray[np.float64]:
    """Return the scores of a submission in the order of `expected_ids`, shape (n_test,).

    Raises
    ------
    InvalidSubmissionError
        With the whole report, if the submission cannot be scored.
    KitError
        If the file cannot be opened.
    """
    checked = check_submission(path, expected_ids)
    if not checked.passed:
        raise InvalidSubmissionError(str(checked.report))
    return checked.fraud_score


def write_submission(edition: Edition, fraud_score: npt.ArrayLike, path: Path | str) -> Path:
    """Write a submission.

    Parameters
    ----------
    edition : Edition
        Whose test declarations were scored.
    fraud_score : array_like of float, shape (n_test,)
        One finite score for each row of ``edition.test``, in its order.
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
    """
    scores = np.asarray(fraud_score, dtype=np.float64)
    if scores.shape != (len(edition.test),):
        raise InvalidSubmissionError(
            f"fraud_score must have shape ({len(edition.test)},), one score for each row of test, "
            f"however: it has shape {scores.shape}."
        )
    if wrong := int((~np.isfinite(scores)).sum()):
        raise InvalidSubmissionError(
            f"fraud_score must be finite, however: {wrong:,} of {len(scores):,} scores are not."
        )
    path = Path(path)
    if not path.name.endswith((".csv", ".csv.gz")):  # pandas would take .zip for a compression
        raise InvalidSubmissionError(
            f"A submission must be named .csv or .csv.gz, however: {path.name}. Rename it."
        )
    frame = pd.DataFrame({KEY: edition.test[KEY], SCORE: scores})
    frame.to_csv(path, index=False, lineterminator="\n")
    return path
