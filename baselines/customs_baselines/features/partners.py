"""Partners of a trader: how many there are, and what is known of them.

Both are columns that any team builds from a table of declarations, without a graph.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.features.folds import N_CELLS, Cells, divide
from customs_baselines.features.transformer import ContextTransformer
from customs_data.columns.grouping import Codebook, Group, Grouping, declared_columns, group_sums
from customs_data.schema import KEY

Floats = npt.NDArray[np.float64]

#: Whose distinct values are counted, and of what.
COUNTED: Final = (
    ("Seller ID", "Chapter"),
    ("Seller ID", "Importer ID"),
    ("Seller ID", "Declarant ID"),
    ("Declarant ID", "Importer ID"),
    ("Declarant ID", "Seller ID"),
    ("Declarant ID", "Chapter"),
    ("Declarant ID", "Country of Departure"),
    ("Importer ID", "Declarant ID"),
    ("Importer ID", "Seller ID"),
    ("Importer ID", "Chapter"),
)
#: Two hops: from a trader to the fraud history of the traders that it deals with.
HOPS: Final = (
    ("Declarant ID", "Seller ID"),
    ("Declarant ID", "Importer ID"),
    ("Seller ID", "Declarant ID"),
    ("Seller ID", "Importer ID"),
    ("Importer ID", "Declarant ID"),
    ("Importer ID", "Seller ID"),
)


# Rates closer to 0 or 1 count as this: a cell without fraud is no proof.
_LEAST: Final = 1e-3


class Partners(ContextTransformer):
    """Distinct values of each trader, and the mean fraud history of its partners.

    Parameters
    ----------
    smoothing : float
        Imaginary declarations at the overall fraud rate added to each partner's history.
    n_cells : int
        Stretches or folds of training rows (`divide`). A row reads histories without *all* labels
        of its cell: if only its own were left out, its partners' histories would give it back.
    random_state : int
        Key of the folds.

    Notes
    -----
    Declarations of a trader that training has not seen, or without the trader, have NaN.
    """

    def __init__(
        self, smoothing: float = 5.0, n_cells: int = N_CELLS, random_state: int = 0
    ) -> None:
        self.smoothing = smoothing
        self.n_cells = n_cells
        self.random_state = random_state

    def columns_read(self) -> tuple[str, ...]:
        """Return traders, what is counted, and the columns that deal rows into cells."""
        names = {name: None for pair in (*COUNTED, *HOPS) for name in pair}
        return (*declared_columns(tuple(names)), "Date", KEY)

    def feature_names(self) -> list[str]:
        """Return the names of the features: counts, then histories."""
        return [f"log distinct {b} of {a}" for a, b in COUNTED] + [
            f"risk of {b} of {a}" for a, b in HOPS
        ]

    def learn_in_context(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], context: pd.DataFrame
    ) -> Floats:
        """Count the partners in the context; return the features of training rows."""
        codes = Codebook().fit(context)
        names = dict.fromkeys(name for pair in (*COUNTED, *HOPS) for name in pair)
        groups = {name: codes[name].astype(np.int64) for name in names}
        sizes = {name: codes.book.n_values(name) for name in names}
        self.traders_ = {a: Grouping((a,)) for a, _ in (*COUNTED, *HOPS)}
        for trader in self.traders_.values():
            trader.fit(context)
        self.counts_ = [
            _count_distinct(groups[a], groups[b], sizes[a], sizes[b]) for a, b in COUNTED
        ]
        division = divide(X, y, self.n_cells, self.random_state)
        cell = division.find(X)
        self.risks_ = [
            self._partners_risk(groups[a], groups[b], sizes[a], sizes[b], division.n_cells, cell, y)
            for a, b in HOPS
        ]
        return self._read({name: groups[name][: len(X)] for name in self.traders_}, cell)

    def find_features(self, X: pd.DataFrame) -> Floats:
        """Return the features of other declarations, shape (n_declarations, n_features)."""
        groups = {name: trader.find(X) for name, trader in self.traders_.items()}
        return self._read(groups, np.full(len(X), -1, dtype=np.int8))

    def _read(self, groups: dict[str, Group], cell: Cells) -> Floats:
        counts = [table[groups[a]] for (a, _), table in zip(COUNTED, self.counts_, strict=True)]
        risks = [table[groups[a], cell] for (a, _), table in zip(HOPS, self.risks_, strict=True)]
        return np.column_stack([*counts, *risks])

    def _partners_risk(
        self,
        group: Group,
        partner: Group,
        n_groups: int,
        n_partners: int,
        n_cells: int,
        cell: Cells,
        y: npt.NDArray[np.int8],
    ) -> Floats:
        """Return log-odds, shape (n_groups + 1, n_cells + 1): without each cell, and of all."""
        table = np.full((n_groups + 1, n_cells + 1), np.nan)
        linked = (group >= 0) & (partner >= 0)
        n_links = group_sums(group[linked], n_groups)
        own = partner[: len(y)]
        for left_out in range(-1, n_cells):
            read = (y >= 0) & (cell != left_out)
            base = float((y[read] == 1).mean()) if read.any() else 0.5
            n = group_sums(own[read], n_partners)
            f = group_sums(own[read & (y == 1)], n_partners)
            rate = np.clip((f + self.smoothing * base) / (n + self.smoothing), _LEAST, 1 - _LEAST)
            odds = np.log(rate / (1 - rate))
            total = group_sums(group[linked], n_groups, odds[partner[linked]])
            with np.errstate(invalid="ignore"):
                table[:, left_out] = total / n_links
        return table


def _count_distinct(group: Group, other: Group, n_groups: int, n_others: int) -> Floats:
    """Return log(1 + distinct values) of each group, shape (n_groups + 1,), the last one NaN."""
    known = (group >= 0) & (other >= 0)
    pairs = np.unique(group[known] * (n_others + 1) + other[known])
    counts = np.log1p(group_sums(pairs // (n_others + 1), n_groups))
    counts[-1] = np.nan
    return np.asarray(counts)
