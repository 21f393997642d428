"""Rows of a model: labels, codes as whole numbers, and a few continuous numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: Called with the share of a model's work that is done, from 0 to 1.
Progress = Callable[[float], None]


@dataclass(frozen=True)
class RowFormat:
    """Columns of rows, the same for all chronological parts.

    Attributes
    ----------
    n_labels : int
        Distinct pairs of Fraud and Critical Fraud.
    n_levels : mapping of str to int
        Levels of each code column, in the order in which a sequential model draws them.
    numbers : tuple of str
        Continuous columns, drawn after the codes in this order.
    families : mapping of str to mapping of str to ndarray of int64, shape (n_levels,)
        For a code with many levels: coarser codes of each level (a product's chapter, its origin).
    """

    n_labels: int
    n_levels: Mapping[str, int]
    numbers: tuple[str, ...]
    families: Mapping[str, Mapping[str, Ints]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rows:
    """Rows of a source or from a model.

    Attributes
    ----------
    format : RowFormat
        Columns.
    label : ndarray of int64, shape (n_rows,)
        In 0 .. n_labels - 1.
    codes : dict of str to ndarray of int64, shape (n_rows,)
        Levels, in 0 .. n_levels - 1.
    numbers : dict of str to ndarray of float64, shape (n_rows,)
        Finite.
    """

    format: RowFormat
    label: Ints
    codes: dict[str, Ints]
    numbers: dict[str, Floats]

    def __len__(self) -> int:
        return len(self.label)

    def take(self, places: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Self:
        """Return the rows at these places, in their order."""
        return replace(
            self,
            label=self.label[places],
            codes={name: column[places] for name, column in self.codes.items()},
            numbers={name: column[places] for name, column in self.numbers.items()},
        )

    def with_rows(self, places: Ints, other: Rows) -> Rows:
        """Return the rows with those at `places` replaced by `other`."""
        label = self.label.copy()
        label[places] = other.label
        codes = {name: column.copy() for name, column in self.codes.items()}
        numbers = {name: column.copy() for name, column in self.numbers.items()}
        for name, column in codes.items():
            column[places] = other.codes[name]
        for name, values in numbers.items():
            values[places] = other.numbers[name]
        return Rows(self.format, label, codes, numbers)


class Synthesizer(Protocol):
    """Model of rows, sampled given their labels."""

    def fit(self, rows: Rows, rng: np.random.Generator, progress: Progress) -> Self:
        """Learn from the rows of a source."""
        ...

    def sample(self, label: Ints, rng: np.random.Generator) -> Rows:
        """Draw one row per label, in their order."""
        ...
