"""Rows that do not fit: left out and listed in a file, up to a share that the user sets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from customs_data.column_maps.conversion import plain_text
from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically
from customs_data.files.problems import Problem
from customs_data.files.raw_table import RawTable

_OWN_COLUMNS = ("File", "Line", "Column", "Reason")


@dataclass(frozen=True)
class Rejections:
    """What happens to rows that do not fit.

    Attributes
    ----------
    path : Path
        File for them.
    most : float
        Largest share of the rows that may be left out, in [0, 1).
    """

    path: Path
    most: float = 0.0

    def __post_init__(self) -> None:
        """Check the share."""
        if not 0 <= self.most < 1:
            raise KitError(f"--reject-up-to must be from 0 to below 1, not {self.most}.")


def split_problems(problems: Sequence[Problem]) -> tuple[list[Problem], list[Problem]]:
    """Return the problems of a file's rows, and those of the file itself, such as its header."""
    of_rows = [problem for problem in problems if len(problem.lines)]
    return of_rows, [problem for problem in problems if not len(problem.lines)]


def write_rejected(path: Path, tables: Sequence[tuple[RawTable, Sequence[Problem]]]) -> None:
    """Write the rows with problems to a CSV file, one line for each row and reason.

    Parameters
    ----------
    path : Path
    tables : sequence of (RawTable, sequence of Problem)
        A file as it was read, and the problems of its rows.

    Raises
    ------
    KitError
        If the file cannot be written.
    """
    names = list(dict.fromkeys(name for raw, _ in tables for name in raw.header))
    text = io.StringIO()
    writer = csv.DictWriter(text, [*_OWN_COLUMNS, *_renamed(names)], lineterminator="\n")
    writer.writeheader()
    renamed = dict(zip(names, _renamed(names), strict=True))
    for raw, problems in tables:
        for row in _rows(raw, problems, renamed):
            writer.writerow(row)
    write_atomically(path, text.getvalue(), mode=0o600)


def _renamed(names: Sequence[str]) -> list[str]:
    """Return names of columns; those that are ours get the word 'file'."""
    return [f"{name} (file)" if name in _OWN_COLUMNS else name for name in names]


def _rows(
    raw: RawTable, problems: Sequence[Problem], renamed: dict[str, str]
) -> Iterator[dict[str, Any]]:
    place = {int(line): i for i, line in enumerate(raw.lines)}
    texts = [plain_text(cells) for cells in raw.columns]
    reasons = [(int(line), problem) for problem in problems for line in problem.lines]
    for line, problem in sorted(reasons, key=lambda pair: pair[0]):
        own = (raw.source, line, problem.column, problem.message)
        row = dict(zip(_OWN_COLUMNS, own, strict=True))
        if line in place:  # a line that does not fit the header has no cells
            for name, text in zip(raw.header, texts, strict=True):
                row[renamed[name]] = "" if text is None else text[place[line]].as_py()
        yield row


def rejected_lines(problems: Sequence[Problem]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the lines that have a problem, each once."""
    lines = [problem.lines for problem in problems]
    return np.unique(np.concatenate(lines)) if lines else np.zeros(0, dtype=np.int64)
