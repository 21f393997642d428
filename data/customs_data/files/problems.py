"""Collecting every kind of problem in a file, so that a person can fix all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

N_EXAMPLES = 5  # lines that a report lists for each kind of problem, before the count


@dataclass(frozen=True)
class Problem:
    """One kind of problem.

    Attributes
    ----------
    message : str
        The broken rule in one clause: ``"Net Mass must be a number of at least 0"``.
    column : str
        Column with the problem, or ``""`` for the whole file.
    n_lines : int
        Number of lines with the problem; 0 if it does not concern lines.
    examples : tuple of str
        The first lines in words: ``"line 17 has '-3'"``.
    details : tuple of str
        Lines below the message, such as a table of column names.
    lines : ndarray of int64, shape (n_lines,)
        All lines with the problem.
    """

    message: str
    column: str = ""
    n_lines: int = 0
    examples: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    lines: npt.NDArray[np.int64] = field(
        default_factory=lambda: np.zeros(0, dtype=np.int64), compare=False, repr=False
    )

    def __str__(self) -> str:
        if self.details:
            return "\n".join([f"{self.message}:", *(f"      {line}" for line in self.details)])
        if not self.examples:
            return self.message + "."
        examples = "; ".join(self.examples)
        total = f" ({self.n_lines:,} lines in all)" if self.n_lines > len(self.examples) else ""
        return f"{self.message}, but {examples}{total}."

    def as_dict(self) -> dict[str, object]:
        """Return the problem as plain data for JSON."""
        return {
            "message": self.message,
            "column": self.column,
            "n_lines": self.n_lines,
            "examples": list(self.examples),
            "details": list(self.details),
        }


@dataclass
class ProblemReport:
    """All problems of one file.

    Examples
    --------
    >>> report = ProblemReport("train.csv")
    >>> report.add("Net Mass must be at least 0", column="Net Mass", lines=[17], values=["-3.0"])
    >>> print(report)
    train.csv: 1 problem
      - Net Mass must be at least 0, but line 17 has '-3.0'.
    """

    source: str
    problems: list[Problem] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.problems)

    def add(
        self,
        message: str,
        *,
        column: str = "",
        lines: npt.ArrayLike | None = None,
        values: Sequence[object] | None = None,
    ) -> None:
        """Record one kind of problem.

        Parameters
        ----------
        message : str
            The broken rule, without the final full stop.
        column : str
            Column with the problem.
        lines : array_like of int, shape (n_lines,), optional
            Line numbers of the file (the header is line 1).
        values : list, optional
            Values in the first of these lines; at least ``min(n_lines, 5)`` entries.
        """
        numbers = np.asarray([] if lines is None else lines, dtype=np.int64)
        examples = []
        for i, number in enumerate(numbers[:N_EXAMPLES].tolist()):
            has = "" if values is None else f" has {_shorten(values[i])}"
            examples.append(f"line {number}{has}")
        shown = tuple(examples)
        self.problems.append(Problem(message, column, len(numbers), shown, lines=numbers))

    def __str__(self) -> str:
        if not self.problems:
            return f"{self.source}: no problems"
        n = len(self.problems)
        head = f"{self.source}: {n} problem{'s' if n > 1 else ''}"
        return "\n".join([head, *(f"  - {problem}" for problem in self.problems)])


def _shorten(value: object, limit: int = 40) -> str:
    """Return a value as short text without control characters and terminal escapes."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else str(value)
    if text == "":
        return "nothing"
    return repr(text if len(text) <= limit else text[:limit] + "…")
