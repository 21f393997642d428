"""Kinds of answers: what a submission contains beside the key of each unit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from customs_data.schema import COLUMN, Column


class Answer(ABC):
    """Form of a submission.

    Attributes
    ----------
    columns : tuple of str
        Columns of a submission after the key.
    bytes_per_unit : int
        Bytes that the answer to one unit may take in a file, with room to spare.
    examples : (str, str)
        Answers to two units, as in a file, for pages.
    """

    columns: tuple[str, ...]
    bytes_per_unit: int
    examples: tuple[str, str]

    @abstractmethod
    def sample(self, keys: pa.Array) -> dict[str, pa.Array]:
        """Return a valid answer that says nothing, by column.

        Parameters
        ----------
        keys : Array of string, length n_units
            Keys of the units to answer for.
        """


@dataclass(frozen=True)
class Scores(Answer):
    """An answer of finite numbers; a higher one says that the label is more likely.

    In memory: float64, shape (n_units,), or (n_units, n_columns) for several columns.

    Attributes
    ----------
    columns : tuple of str
        Columns of a submission after the key.
    neutral : float
        What the sample submission contains in every cell.
    """

    columns: tuple[str, ...]
    neutral: float = 0.5

    @property
    def bytes_per_unit(self) -> int:  # type: ignore[override]
        """A comma, 25 characters of a float64 and quotes in each column, and the key."""
        return 96 * len(self.columns)

    @property
    def examples(self) -> tuple[str, str]:  # type: ignore[override]
        """See `Answer`."""
        numbers = [("0.8134", "0.0210"), ("0.1250", "0.3301"), ("0.0417", "0.0052")]
        rows = zip(*(numbers[i % 3] for i in range(len(self.columns))), strict=True)
        first, second = (",".join(row) for row in rows)
        return first, second

    def sample(self, keys: pa.Array) -> dict[str, pa.Array]:
        """See `Answer.sample`."""
        return {name: pa.array(np.full(len(keys), self.neutral)) for name in self.columns}


@dataclass(frozen=True)
class Choices(Answer):
    """An answer of up to `most` different texts per unit, best first, with blanks between them.

    In memory: str, shape (n_units, most), ``""`` where fewer are given.

    Attributes
    ----------
    column : str
        Column of a submission after the key.
    most : int
        Texts per unit.
    neutral : str
        What the sample submission contains in every cell.
    pattern, pattern_in_words : str
        Regular expression (RE2) that each text matches in full, and the same for people.
    examples : (str, str)
        Answers to two units, as in a file.
    """

    column: str
    most: int
    neutral: str
    pattern: str
    pattern_in_words: str
    examples: tuple[str, str]

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        """The one column."""
        return (self.column,)

    @property
    def bytes_per_unit(self) -> int:  # type: ignore[override]
        """Texts as long as the neutral one, twice, and the key."""
        return 64 + 2 * self.most * (len(self.neutral) + 1)

    def sample(self, keys: pa.Array) -> dict[str, pa.Array]:
        """See `Answer.sample`."""
        return {self.column: pa.array([self.neutral]).take(pa.array(np.zeros(len(keys), np.int8)))}


@dataclass(frozen=True)
class Groups(Answer):
    """An answer that puts units into groups: those with the same text belong together.

    In memory: int64, shape (n_units,), groups numbered by first appearance, so that other names for
    the same groups are the same answer.

    Attributes
    ----------
    column : str
        Column of a submission after the key: any name of the unit's group.
    """

    column: str

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        """The one column."""
        return (self.column,)

    @property
    def bytes_per_unit(self) -> int:  # type: ignore[override]
        """A name of 64 characters in a script of four bytes each, and the key."""
        return 352

    @property
    def name(self) -> Column:
        """What a group may be called: any text that an identifier may be."""
        return replace(COLUMN["Importer ID"], name=self.column, role="code")

    @property
    def examples(self) -> tuple[str, str]:  # type: ignore[override]
        """See `Answer`."""
        return "G17", "G17"

    def sample(self, keys: pa.Array) -> dict[str, pa.Array]:
        """Every unit is a group of its own."""
        return {self.column: keys}
