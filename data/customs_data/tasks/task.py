"""What an edition asks: the unit, the columns, the true answers, and the form of a submission."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from customs_data.errors import KitError
from customs_data.schema import DECLARED_COLUMNS, KEY, Column
from customs_data.tasks.answers import Answer, Scores


@dataclass(frozen=True)
class Unit:
    """What one row of a submission is about.

    Attributes
    ----------
    name : str
        Singular, for people: "declaration".
    key : str
        Column that identifies it.
    examples : (str, str)
        Two keys, for pages.
    """

    name: str
    key: str
    examples: tuple[str, str]


#: The task of editions whose manifest names none.
DEFAULT: Final = "fraud"

DECLARATION: Final = Unit("declaration", KEY, ("48215930", "10577264"))
IMPORTER: Final = Unit("importer", "Importer ID", ("7KX2M4Q", "B90TLD3"))


@dataclass(frozen=True)
class AskedUnits:
    """What is asked of a task whose unit is not the declaration, and what is given.

    Attributes
    ----------
    answers : Table, shape (n_units, n_targets + 1)
        The unit's key and the true target columns.
    is_private : ndarray of bool, shape (n_units,)
        Whether a unit counts for the private score, else for the public one.
    given : dict of str to Table
        Further public tables (`Task.given`).
    """

    answers: pa.Table
    is_private: npt.NDArray[np.bool_]
    given: dict[str, pa.Table]


#: Parameters: firm and network of each importer that declares something (`World.networks`), and the
#: source of the random numbers.
AskUnits = Callable[[pa.Table, bytes], AskedUnits]


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
        Columns of hidden/solution, parsed and checked like any other.
    answer : Answer
        Form of a submission.
    unit : Unit
        What a row of a submission is about.
    published : tuple of Column, optional
        Columns of role "label" that training declarations have, empty where they were erased; by
        default those of the target. Models learn the first of them as `y` if the answer is scores.
    withheld : tuple of str
        Declared columns that test lacks.
    given : mapping of str to tuple of Column
        Further public tables by name, each with its columns, the unit's key first.
    truth : callable or None
        Takes the columns of simulated declarations and returns those of the target and the
        published labels by name; None if the world cannot say, so that only imported editions can
        have the task.
    derived : mapping of str to str
        Target columns that repeat a declared column, by name; a file to import lacks them.
    ask_units : callable, optional
        Chooses what is asked, if the unit is not the declaration (`AskedUnits`).
    fewest_declarations : int
        Declarations of an edition; with fewer, its metric would say too little.
    oracle : tuple of str
        Columns of hidden/oracle of simulated editions beside those that every task has.
    configuration : str
        Shipped configuration of its worlds, unless another is named.
    practice_seed : int
        Published seed of its practice edition. Each task has its own, because what one publishes
        would answer another.
    practice_rows : int or None
        Declarations of its practice edition; None for the configuration's.
    keywords : mapping of str to str
        Further label columns by the keyword under which `fit` may take them.
    motivation, uses : str
        Paragraphs of the datasheet.
    """

    name: str
    question: str
    target: tuple[Column, ...]
    answer: Answer
    unit: Unit = DECLARATION
    published: tuple[Column, ...] | None = None
    withheld: tuple[str, ...] = ()
    given: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)
    truth: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    derived: Mapping[str, str] = field(default_factory=dict)
    ask_units: AskUnits | None = None
    fewest_declarations: int = 0
    oracle: tuple[str, ...] = ()
    configuration: str = "practice"
    practice_seed: int = 0
    practice_rows: int | None = None
    keywords: Mapping[str, str] = field(default_factory=dict)
    motivation: str = ""
    uses: str = ""

    def __repr__(self) -> str:
        return f"{self.name}: {self.question}"

    def too_few(self, n_declarations: int) -> str:
        """Return what to say of an edition with so few declarations; "" if they suffice."""
        if n_declarations >= self.fewest_declarations:
            return ""
        return (
            f"An edition of the task {self.name} needs at least {self.fewest_declarations:,} "
            f"declarations, but it has {n_declarations:,}: its metric would be too uncertain"
        )

    @property
    def practice_name(self) -> str:
        """Name of the practice edition."""
        return "practice" if self.name == DEFAULT else f"practice-{self.name}"

    @property
    def label_columns(self) -> tuple[Column, ...]:
        """Label columns of the training declarations, the most important first."""
        columns = self.target if self.published is None else self.published
        return tuple(column for column in columns if column.role == "label")

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the label columns."""
        return tuple(column.name for column in self.label_columns)

    @property
    def label(self) -> str:
        """Name of the first label: the one that erasures remove, and that scores are about."""
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
    def scores_one_label(self) -> bool:
        """Whether the answer is one score, of a label that is 0 or 1 and scored itself."""
        one = isinstance(self.answer, Scores) and len(self.answer.columns) == 1
        first = self.target[0]
        return one and first.role == "label" and first.values == (0, 1)

    def require_one_label(self, what: str) -> None:
        """Refuse what is made for scores of one label of 0 and 1.

        Raises
        ------
        KitError
            If the task asks for something else.
        """
        if not self.scores_one_label:
            raise KitError(
                f"{what} is about scores of one label, 0 or 1, but the task {self.name} asks for "
                "something else."
            )

    @property
    def asks_declarations(self) -> bool:
        """Whether each declaration of test is a unit."""
        return self.unit == DECLARATION

    @property
    def example_rows(self) -> tuple[str, str]:
        """Two rows of a submission, for pages."""
        first, second = (
            f"{key},{cells}"
            for key, cells in zip(self.unit.examples, self.answer.examples, strict=True)
        )
        return first, second

    @property
    def row_in_words(self) -> str:
        """What one row of a submission is for: "row of test.csv"."""
        table = "test" if self.asks_declarations else "sample_submission"
        return f"{'row' if self.asks_declarations else self.unit.name} of {table}.csv"

    def part_in_words(self, period: str) -> str:
        """What the units of a period are: "public test period"."""
        kind = "test period" if self.asks_declarations else f"half of the {self.unit.name}s"
        return f"{period} {kind}"

    @property
    def row_columns(self) -> tuple[Column, ...]:
        """Labels and target columns of a declaration, each once."""
        target = self.target if self.asks_declarations else ()
        return tuple({column.name: column for column in (*self.label_columns, *target)}.values())

    @property
    def source_columns(self) -> tuple[str | Column, ...]:
        """Columns that declarations must have to become an edition: declared, labels, target."""
        others = (column for column in self.row_columns if column.name not in self.derived)
        return (*DECLARED_COLUMNS, *others)
