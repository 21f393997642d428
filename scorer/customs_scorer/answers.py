"""Kinds of answers between files and arrays: parsing, checking, and cells to write.

`customs_data.tasks.answers` says what each kind is in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customs_data.errors import InvalidSubmissionError
from customs_data.files.cells import matches_in_full, parse_numbers, to_mask
from customs_data.files.problems import N_EXAMPLES, ProblemReport
from customs_data.tasks import Answer, Choices, Groups, Scores, Task

Lines = npt.NDArray[np.int64]


def parse_answers(
    answer: Answer, columns: Sequence[pa.ChunkedArray], lines: Lines, report: ProblemReport
) -> npt.NDArray[Any]:
    """Return submitted cells as an array, one row per line; what is wrong goes into the report.

    Parameters
    ----------
    answer : Answer
        Kind of answer.
    columns : sequence of ChunkedArray of string
        The answer columns.
    lines : ndarray of int64
        Line of each cell in the file, for the report.
    report : ProblemReport
        Gets every kind of problem.
    """
    if isinstance(answer, Scores):
        scores = [
            _parse_scores(cells, name, lines, report)
            for name, cells in zip(answer.columns, columns, strict=True)
        ]
        return scores[0] if len(scores) == 1 else np.column_stack(scores)
    (cells,) = columns
    if isinstance(answer, Choices):
        return _parse_choices(answer, cells, lines, report)
    if isinstance(answer, Groups):
        return _parse_groups(answer, cells, lines, report)
    raise TypeError(f"Unknown kind of answer: {answer!r}.")


def _parse_scores(
    cells: pa.ChunkedArray, name: str, lines: Lines, report: ProblemReport
) -> npt.NDArray[np.float64]:
    """Scores as numbers; those that are empty, not numeric or not finite are reported."""
    scores, not_a_number = parse_numbers(cells)
    empty = to_mask(pc.equal(cells, ""))
    infinite = (not_a_number | ~np.isfinite(scores)) & ~empty
    for rule, wrong in (
        ("must be a finite number (not nan or inf)", infinite),
        ("must not be empty", empty),
    ):
        _report(rule, wrong, name, cells, lines, report)
    return scores


def _parse_choices(
    answer: Choices, cells: pa.ChunkedArray, lines: Lines, report: ProblemReport
) -> npt.NDArray[np.str_]:
    """Texts by rank, shape (n_lines, most); an empty cell chooses nothing."""
    # A cell is parsed once, however often it occurs.
    coded = pc.dictionary_encode(cells).combine_chunks()
    if isinstance(coded, pa.ChunkedArray):  # without rows
        coded = pa.array([], pa.string()).dictionary_encode()
    code = coded.indices.to_numpy(zero_copy_only=False)
    chosen = [(text or "").split() for text in coded.dictionary.to_pylist()]
    n_chosen = np.array([len(texts) for texts in chosen], dtype=np.int64)
    flat = pa.array([text for texts in chosen for text in texts], pa.string())
    fits = matches_in_full(pa.chunked_array([flat]), answer.pattern)
    owner = np.repeat(np.arange(len(chosen)), n_chosen)
    unfit = np.bincount(owner, weights=~fits, minlength=len(chosen)) > 0
    repeats = np.array([len(set(texts)) < len(texts) for texts in chosen], dtype=bool)
    for rule, wrong in (
        (f"must contain at most {answer.most} codes", n_chosen > answer.most),
        (f"must contain codes with blanks between them, each {answer.pattern_in_words}", unfit),
        ("must not repeat a code", repeats),
    ):
        _report(rule, wrong[code], answer.column, cells, lines, report)
    width = max((len(text) for texts in chosen for text in texts), default=1)
    table = np.zeros((len(chosen), answer.most), dtype=f"<U{width}")
    for row, texts in enumerate(chosen):
        table[row, : len(texts[: answer.most])] = texts[: answer.most]
    return np.asarray(table[code])


def _parse_groups(
    answer: Groups, cells: pa.ChunkedArray, lines: Lines, report: ProblemReport
) -> npt.NDArray[np.int64]:
    """Groups as numbers, shape (n_lines,); an empty or unprintable name is reported."""
    empty = to_mask(pc.equal(cells, ""))
    fits = matches_in_full(cells, answer.name.pattern)
    for rule, wrong in (
        (f"must be {answer.name.pattern_in_words}", ~fits & ~empty),
        ("must not be empty: who is alone has a group of its own", empty),
    ):
        _report(rule, wrong, answer.column, cells, lines, report)
    return _numbered(cells.to_pandas().to_numpy(object))


def _report(
    rule: str,
    wrong: npt.NDArray[np.bool_],
    name: str,
    cells: pa.ChunkedArray,
    lines: Lines,
    report: ProblemReport,
) -> None:
    places = np.flatnonzero(wrong)
    if len(places):
        examples = [cells[int(i)].as_py() for i in places[:N_EXAMPLES]]
        report.add(f"{name} {rule}", column=name, lines=lines[places], values=examples)


def in_canonical_form(answer: Answer, submitted: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return an answer, in the order of the units, so that equal answers are equal arrays.

    Groups are numbered by first appearance; choices have a type as wide as the kit writes them.
    """
    if isinstance(answer, Groups):
        return _numbered(submitted)
    if isinstance(answer, Choices):
        return submitted.astype(f"<U{max(len(answer.neutral), submitted.dtype.itemsize // 4)}")
    return submitted


def _numbered(groups: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the number of each group by first appearance.

    Examples
    --------
    >>> _numbered(np.array(["b", "a", "b", "c"], dtype=object)).tolist()
    [0, 1, 0, 2]
    """
    return np.asarray(pd.factorize(groups, use_na_sentinel=False)[0], dtype=np.int64)


def answer_cells(task: Task, answer: npt.ArrayLike, n_units: int) -> dict[str, npt.NDArray[Any]]:
    """Return the cells of a submission by column.

    Parameters
    ----------
    task : Task
    answer : array_like, shape (n_units,) or (n_units, n_columns)
        As of `customs_scorer.submissions.write_submission`.
    n_units : int

    Raises
    ------
    InvalidSubmissionError
        If shape or values are wrong.
    """
    kind = task.answer
    if isinstance(kind, Scores):
        return _score_cells(kind, answer, n_units)
    given = np.asarray(answer)
    if isinstance(kind, Choices):
        return {kind.column: _choice_cells(kind, given, n_units)}
    if given.shape != (n_units,):
        raise InvalidSubmissionError(
            f"Give one group for each {task.unit.name}: shape ({n_units},), not {given.shape}."
        )
    return {task.answer.columns[0]: np.array([f"G{n}" for n in _numbered(given)], dtype=object)}


def _score_cells(
    kind: Scores, answer: npt.ArrayLike, n_units: int
) -> dict[str, npt.NDArray[np.float64]]:
    scores = np.asarray(answer, dtype=np.float64)
    shape = (n_units, len(kind.columns))[: 1 if len(kind.columns) == 1 else 2]
    if scores.shape != shape:
        raise InvalidSubmissionError(
            f"Give one score for each row of test: shape {shape}, not {scores.shape}."
        )
    if wrong := int((~np.isfinite(scores)).sum()):
        raise InvalidSubmissionError(
            f"Scores must be finite, but {wrong:,} of {scores.size:,} are NaN or infinite."
        )
    return dict(zip(kind.columns, scores.reshape(n_units, -1).T, strict=True))


def _choice_cells(kind: Choices, given: npt.NDArray[Any], n_units: int) -> npt.NDArray[Any]:
    if given.ndim != 2 or len(given) != n_units or given.shape[1] > kind.most:
        raise InvalidSubmissionError(
            f"Give up to {kind.most} codes for each row of test: shape ({n_units}, {kind.most}) or "
            f"fewer columns, not {given.shape}."
        )
    cells = np.array([" ".join(filter(None, map(str, row))) for row in given], dtype=object)
    # The check of a team's file knows all rules of a code.
    report = ProblemReport("The answer")
    lines = np.arange(1, n_units + 1)
    _parse_choices(kind, pa.chunked_array([pa.array(cells, pa.string())]), lines, report)
    if report:
        raise InvalidSubmissionError(str(report))
    return cells
