"""What an edition asks: the unit, the columns, the true answers, and the form of a submission."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from customs_data.schema import DECLARED_COLUMNS, KEY, Column


@dataclass(frozen=True)
class Unit:
    """What one row of a submission is about.

    Attributes
    ----------
    name : str
        Singular, for people: "declaration".
    key : str
        Column that identifies it.
    """

    name: str
    key: str


DECLARATION: Final = Unit("declaration", KEY)


@dataclass(frozen=True)
class Scores:
    """An answer of finite numbers; a higher one says that the label is more likely 1.

    Attributes
    ----------
    columns : tuple of str
        Columns of a submission after the key.
    neutral : float
        What the sample submission contains in every cell.
    """

    columns: tuple[str, ...]
    neutral: float = 0.5


@dataclass(frozen=True, repr=False)
class Task:
    """A question that an edition asks; each edition asks exactly one.

    Attributes
    ----------
    name : str
        As in the manifest and on the command line.
    question : str
        One short question for people.
    target : tuple of Column
        Columns of hidden/solution, parsed and checked like any other. Those of role "label" are
        also published with training declarations, empty where they were erased; the first of them
        is what models learn as `y`.
    answer : Scores
        Form of a submission.
    unit : Unit
        What a row of a submission is about.
    withheld : tuple of str
        Declared columns that test lacks.
    truth : callable or None
        Takes the columns of simulated declarations and returns the target columns by name; None if
        the world cannot say, so that only imported editions can have the task.
    keywords : mapping of str to str
        Further label columns by the keyword under which `fit` may take them.
    motivation, uses : str
        Paragraphs of the datasheet.
    """

    name: str
    question: str
    target: tuple[Column, ...]
    answer: Scores
    unit: Unit = DECLARATION
    withheld: tuple[str, ...] = ()
    truth: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    keywords: Mapping[str, str] = field(default_factory=dict)
    motivation: str = ""
    uses: str = ""

    def __repr__(self) -> str:
        return f"{self.name}: {self.question}"

    @property
    def label_columns(self) -> tuple[Column, ...]:
        """Label columns, the one that models learn first."""
        return tuple(column for column in self.target if column.role == "label")

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the label columns."""
        return tuple(column.name for column in self.label_columns)

    @property
    def label(self) -> str:
        """Name of the label that models learn as `y`."""
        return self.labels[0]

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of all target columns."""
        return tuple(column.name for column in self.target)

    @property
    def header(self) -> tuple[str, ...]:
        """Columns of a submission."""
        return (self.unit.key, *self.answer.columns)

    @property
    def test_columns(self) -> tuple[str, ...]:
        """Declared columns of test."""
        return tuple(name for name in DECLARED_COLUMNS if name not in self.withheld)

    @property
    def train_columns(self) -> tuple[str | Column, ...]:
        """Columns of train: all declared ones by name, then the labels."""
        return (*DECLARED_COLUMNS, *self.label_columns)

    @property
    def source_columns(self) -> tuple[str | Column, ...]:
        """Columns that declarations must have to become an edition: declared and target."""
        return (*DECLARED_COLUMNS, *self.target)
