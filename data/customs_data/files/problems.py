"""Collecting every kind of problem of a file, so that a person mends them all in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

N_EXAMPLES = 5  # a report shows the first five lines of each kind, then the count (DESIGN.md, 5)


@dataclass(frozen=True)
class Problem:
    """One kind of problem.

    Attributes
    ----------
    message : str
        What must hold, in one clause: ``"Net Mass must be a number of at least 0"``.
    column : str
        The column concerned, or ``""`` for the file as a whole.
    n_lines : int
        How many lines are affected; 0 where the problem is not one of lines.
    examples : tuple of str
        The first few lines in words: ``"line 17 has '-3'"``.
    """

    message: str
    column: str = ""
    n_lines: int = 0
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.examples:
            return self.message + "."
        shown = "; ".join(self.examples)
        total = f" ({self.n_lines:,} lines in all)" if self.n_lines > len(self.examples) else ""
        return f"{self.message}, however: {shown}{total}."

    def as_dict(self) -> dict[str, object]:
        """Return the problem as plain data for JSON."""
        return {
            "message": self.message,
            "column": self.column,
            "n_lines": self.n_lines,
            "examples": list(self.examples),
        }


@dataclass
class ProblemReport:
    """Everything found wrong with one file.

    Examples
    --------
    >>> report = ProblemReport("train.csv")
    >>> report.add("Net Mass must be at least 0", column="Net Mass", lines=[17], values=["-3.0"])
    >>> print(report)
    train.csv has 1 kind of problem:
      - Net Mass must be at least 0, however: line 17 has '-3.0'.
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
            What must hold, without the final full stop.
        column : str
            Column concerned.
        lines : array_like of int, shape (n_lines,), optional
            Line numbers of the file (the header is line 1).
        values : list, optional
            What stands in the first of these lines; at least ``min(n_lines, 5)`` entries.
        """
        numbers = np.asarray([] if lines is None else lines, dtype=np.int64)
        examples = []
        for i, number in enumerate(numbers[:N_EXAMPLES].tolist()):
            has = "" if values is None else f" has {_shorten(values[i])}"
            examples.append(f"line {number}{has}")
        self.problems.append(Problem(message, column, len(numbers), tuple(examples)))

    def __str__(self) -> str:
        if not self.problems:
            return f"{self.source}: no problem found."
        kinds = "kind" if len(self.problems) == 1 else "kinds"
        head = f"{self.source} has {len(self.problems)} {kinds} of problem:"
        return "\n".join([head, *(f"  - {problem}" for problem in self.problems)])


def _shorten(value: object, limit: int = 40) -> str:
    """Show a value so that control characters, long text and terminal escapes do no harm."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else str(value)
    if text == "":
        return "nothing"
    return repr(text if len(text) <= limit else text[:limit] + "…")
