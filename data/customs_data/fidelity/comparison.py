"""Two tables at equal size, with columns as numbers and as codes of one vocabulary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.errors import KitError
from customs_data.fidelity.sides import Side, common_columns
from customs_data.schema import COLUMN, ENTITY_COLUMNS, KEY, LABEL_COLUMNS

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

#: Columns that are numbers in the paper's Table 2; all others are categories.
NUMERICAL: Final = ("Date", "Tax Rate", "Net Mass", "Item Price")
_FEWEST: Final = 2


@dataclass(frozen=True)
class Comparison:
    """A source and a synthetic table with the same number of rows and the same columns.

    Attributes
    ----------
    source, synthetic : DataFrame, shape (n_rows, n_columns)
        Common columns; labels only if both sides are fully labelled.
    whole_source, whole_synthetic : DataFrame
        All common columns of all rows, for the histories of traders; labels also where some are
        erased.
    seed : int
        Seed of sampling, folds and half-splits.
    notes : tuple of str
        Sentences for the reader: sampled rows, columns left out.
    """

    source: pd.DataFrame = field(repr=False)
    synthetic: pd.DataFrame = field(repr=False)
    whole_source: pd.DataFrame = field(repr=False)
    whole_synthetic: pd.DataFrame = field(repr=False)
    seed: int = 0
    notes: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Rows of each table."""
        return len(self.source)

    @cached_property
    def numerical(self) -> tuple[str, ...]:
        """Numerical columns that both have."""
        return tuple(name for name in NUMERICAL if name in self.source)

    @cached_property
    def categorical(self) -> tuple[str, ...]:
        """Categorical columns that both have, without the key and the four entities."""
        left_out = (KEY, *ENTITY_COLUMNS, *NUMERICAL)
        return tuple(str(name) for name in self.source if name not in left_out)

    @cached_property
    def entities(self) -> tuple[str, ...]:
        """Entity columns that both have."""
        return tuple(name for name in ENTITY_COLUMNS if name in self.source)

    @property
    def has_labels(self) -> bool:
        """Whether both sides are fully labelled."""
        return set(LABEL_COLUMNS) <= set(self.source)

    @cached_property
    def _codes(self) -> dict[str, tuple[Codes, Codes]]:
        return {}

    def codes(self, name: str) -> tuple[Codes, Codes]:
        """Return a column as integers in sorted order; a missing cell is a value too."""
        if name not in self._codes:
            both = pd.concat([self.source[name], self.synthetic[name]], ignore_index=True)
            code, values = pd.factorize(both, sort=True)  # missing is -1
            code = np.where(code < 0, len(values), code).astype(np.int64)
            self._codes[name] = (code[: self.n_rows], code[self.n_rows :])
        return self._codes[name]

    def numbers(self, name: str) -> tuple[Floats, Floats]:
        """Return a numerical column, dates as days since 1970."""
        return to_numbers(self.source[name]), to_numbers(self.synthetic[name])

    @property
    def is_synthetic(self) -> npt.NDArray[np.int8]:
        """0 for the source's rows, then 1 for synthetic ones; shape (2 * n_rows,)."""
        return np.repeat(np.array([0, 1], dtype=np.int8), self.n_rows)

    def half_splits(self, n_splits: int = 1) -> Iterator[tuple[Comparison, Comparison]]:
        """Yield random pairs of comparisons, all of the same size.

        The first compares two samples of the whole source that share no row: what a table as good
        as the source itself is compared with. The second compares the first of these samples with
        as many rows of the whole synthetic table. Both have `n_rows` rows per side, or half of the
        source where it has fewer than twice as many: sizes are equal, because most metrics rise
        with the number of rows.
        """
        names = list(self.source.columns)
        source, synthetic = self.whole_source[names], self.whole_synthetic[names]
        n = min(self.n_rows, len(source) // 2)
        of_source = np.random.default_rng(self.seed)
        of_synthetic = np.random.default_rng([self.seed, 1])
        for _ in range(n_splits):
            order = of_source.permutation(len(source))
            first, second = (
                source.iloc[part].reset_index(drop=True) for part in (order[:n], order[n : 2 * n])
            )
            rows = of_synthetic.permutation(len(synthetic))[:n]
            drawn = synthetic.iloc[rows].reset_index(drop=True)
            yield (
                Comparison(first, second, first, second, self.seed),
                Comparison(first, drawn, first, drawn, self.seed),
            )


def to_numbers(column: pd.Series[Any]) -> Floats:
    """Return numbers as they are, dates as days since 1970."""
    if COLUMN[str(column.name)].role == "time":
        days = column.to_numpy().astype("datetime64[D]")
        return np.asarray(days.astype(np.int64), dtype=np.float64)
    return column.to_numpy(np.float64)


def compare(source: Side, synthetic: Side, *, rows: int | None = None, seed: int = 0) -> Comparison:
    """Reduce two tables to common columns and equal size.

    Parameters
    ----------
    source, synthetic : Side
        From `read_side`.
    rows : int, optional
        Rows of each side to compare; by default, and at most, those of the smaller one.
    seed : int
        Seed of the sampling and of all later random numbers.

    Raises
    ------
    KitError
        If a side has fewer than two declarations, or fewer than two columns are common.
    """
    common = common_columns((source, synthetic))
    columns = common
    notes = []
    for this, other in ((source, synthetic), (synthetic, source)):
        if absent := [str(name) for name in other.frame if name not in this.frame]:
            notes.append(f"Left out, as {this.name} lacks them: {', '.join(absent)}.")
    if not (source.is_labelled and synthetic.is_labelled) and set(LABEL_COLUMNS) & set(columns):
        columns = [name for name in columns if name not in LABEL_COLUMNS]
        notes.append("Labels are left out, because not all declarations of both sides have one.")
    if len(set(columns) - {KEY, *ENTITY_COLUMNS}) < 2:
        raise KitError(
            f"{source.name} and {synthetic.name} share these columns: "
            f"{', '.join(columns) or 'none'}. Two that are neither key nor entity are needed."
        )
    n = min(len(source.frame), len(synthetic.frame), rows or len(source.frame))
    if n < _FEWEST:
        raise KitError(f"Too few declarations to compare: {n}. Give at least {_FEWEST} per side.")
    sampled = []
    for stream, side in enumerate((source, synthetic)):
        frame = side.frame[columns]
        if len(frame) > n:
            notes.append(
                f"{n:,} of the {len(frame):,} declarations of {side.name} are compared, drawn at "
                f"random (seed {seed})."
            )
            rng = np.random.default_rng([seed, stream])
            frame = frame.iloc[np.sort(rng.choice(len(frame), n, replace=False))]
        sampled.append(frame)
    constant = [name for name in NUMERICAL if name in columns and sampled[0][name].nunique() == 1]
    if constant:
        notes.append(
            f"Constant in the source, so without correlation and range coverage: "
            f"{', '.join(constant)}."
        )
    return Comparison(
        sampled[0],
        sampled[1],
        source.frame[common],
        synthetic.frame[common],
        seed,
        tuple(notes),
    )


def combine(comparison: Comparison, columns: tuple[str, ...]) -> tuple[Codes, Codes]:
    """Number the combinations of values of some columns, alike in both tables."""
    key = np.zeros(2 * comparison.n_rows, dtype=np.int64)
    for name in columns:
        code = np.concatenate(comparison.codes(name))
        # Numbered again after each column, so that the product does not overflow.
        key = np.unique(key * (int(code.max()) + 1) + code, return_inverse=True)[1]
    return key[: comparison.n_rows], key[comparison.n_rows :]
