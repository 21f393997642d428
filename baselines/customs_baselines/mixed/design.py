"""Effects of a declaration: its codes, pairs of codes, traders and numbers, as a sparse matrix."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from customs_data.columns.column_set import declared_number
from customs_data.columns.grouping import Codebook, CodedTable, Group, Grouping, declared_columns

Floats = npt.NDArray[np.float64]

#: Columns and pairs of columns whose values have effects.
KEYS: Final[tuple[tuple[str, ...], ...]] = (
    ("Chapter",),
    ("HS6 Code",),
    ("Country of Origin",),
    ("Country of Departure",),
    ("Tax Type",),
    ("Mode of Transport",),
    ("Import Type",),
    ("Import Use",),
    ("Payment Type",),
    ("Office ID",),
    ("Country of Origin Indicator",),
    ("Courier ID",),
    ("Importer ID",),
    ("Declarant ID",),
    ("Seller ID",),
    ("Chapter", "Country of Origin"),
    ("Chapter", "Country of Departure"),
    ("Chapter", "Tax Type"),
    ("Declarant ID", "Country of Departure"),
    ("Declarant ID", "Chapter"),
    ("Importer ID", "Chapter"),
    ("Office ID", "Chapter"),
)
#: Numbers that have an effect, with their declared columns, in order.
NUMBERS: Final[dict[str, tuple[str, ...]]] = {
    "log mass": ("Net Mass",),
    "log price": ("Item Price",),
    "log unit price": ("Item Price", "Net Mass"),
    "log unit price against HS6 norm": ("Item Price", "Net Mass", "HS6 Code"),
    "distance of log unit price from HS6 norm": ("Item Price", "Net Mass", "HS6 Code"),
    "tax rate": ("Tax Rate",),
    "departure is not origin": ("Country of Departure", "Country of Origin"),
}
#: Names of the parts of a declaration's log-odds, with their declared columns, in order.
PARTS: Final[dict[str, tuple[str, ...]]] = {
    **{f"effect of {' x '.join(key)}": declared_columns(key) for key in KEYS},
    **{f"effect of {name}": columns for name, columns in NUMBERS.items()},
}
#: Columns whose values are nodes of the graph of traders.
TRADERS: Final = ("Importer ID", "Declarant ID", "Seller ID")

_HIGHEST_RATE: Final = 30.0  # percent; a few extreme duties would decide the slope
_NORM_ROWS: Final = 3.0  # rows that a norm of an HS6 code counts as, for shrinking it
_MOST_TIES: Final = 3.0  # declarations of a pair of traders that count


class Design:
    """Declarations as rows of a sparse matrix: an indicator for each effect, numbers, and 1.

    Attributes
    ----------
    kind : ndarray of int64, shape (n_effects,)
        Which effects share one spread: place of their key in `KEYS`, then numbers, then the 1.
    """

    def fit(self, X: pd.DataFrame) -> sparse.csr_array:
        """Learn the effects of declarations; return their rows, shape (n_rows, n_effects)."""
        self._book = Codebook()
        coded = self._book.fit(X)
        self._groupings = [Grouping(key) for key in KEYS]
        groups = [grouping.fit(coded) for grouping in self._groupings]
        self._learn_norms(X, coded)
        numbers = self._numbers(X, coded)
        self._centre, self._scale = numbers.mean(axis=0), numbers.std(axis=0)
        self._scale[self._scale == 0.0] = 1.0
        sizes = [grouping.n_groups for grouping in self._groupings]
        self.kind = np.repeat(np.arange(len(sizes) + 2), [*sizes, numbers.shape[1], 1])
        return self._rows(groups, numbers)

    def find(self, X: pd.DataFrame) -> sparse.csr_array:
        """Return the rows of other declarations; values that are new have no effect."""
        coded = self._book.find(X)
        groups = [grouping.find(coded) for grouping in self._groupings]
        return self._rows(groups, self._numbers(X, coded))

    def _learn_norms(self, X: pd.DataFrame, coded: CodedTable) -> None:
        unit_price = _log(X, "Item Price") - _log(X, "Net Mass")
        hs6, n = coded["HS6 Code"], self._book.n_values("HS6 Code")
        self._usual = float(unit_price.mean())
        total = np.bincount(hs6, weights=unit_price - self._usual, minlength=n)
        count = np.bincount(hs6, minlength=n)
        self._norm = np.append(self._usual + total / (count + _NORM_ROWS), self._usual)

    def _numbers(self, X: pd.DataFrame, coded: CodedTable) -> Floats:
        mass, price = _log(X, "Net Mass"), _log(X, "Item Price")
        deviation = price - mass - self._norm[coded["HS6 Code"]]
        detour = X["Country of Departure"].to_numpy() != X["Country of Origin"].to_numpy()
        rate = np.minimum(declared_number(X, "Tax Rate"), _HIGHEST_RATE)
        columns = (mass, price, price - mass, deviation, np.abs(deviation), rate, detour)
        return np.column_stack(columns).astype(np.float64)

    def _rows(self, groups: list[Group], numbers: Floats) -> sparse.csr_array:
        n = len(numbers)
        blocks = [
            _indicators(group, grouping.n_groups)
            for group, grouping in zip(groups, self._groupings, strict=True)
        ]
        scaled = sparse.csr_array((numbers - self._centre) / self._scale)
        return sparse.csr_array(sparse.hstack([*blocks, scaled, np.ones((n, 1))], format="csr"))


class TraderGraph:
    """Importers, declarants and sellers, tied by the declarations that they share.

    Attributes
    ----------
    ties : sparse array, shape (n_traders, n_traders)
        D^-1/2 A D^-1/2 of the graph between importers on one side, declarants and sellers on the
        other; eigenvalues in [-1, 1].
    """

    def fit(self, X: pd.DataFrame) -> sparse.csr_array:
        """Read the graph of declarations; return their rows as of `find`."""
        self._book = Codebook()
        rows = self._rows(self._book.fit(X))
        n_importers = self._book.n_values("Importer ID")
        shared = sparse.csr_array(rows[:, :n_importers].T @ rows[:, n_importers:])
        shared.data = np.sqrt(np.minimum(shared.data, _MOST_TIES))
        ties = sparse.csr_array(sparse.block_array([[None, shared], [shared.T, None]]))
        scale = sparse.diags_array(np.maximum(ties.sum(axis=1), 1.0) ** -0.5)
        self.ties = sparse.csr_array(scale @ ties @ scale)
        return rows

    def find(self, X: pd.DataFrame) -> sparse.csr_array:
        """Return 1 for the traders of each declaration, shape (n_declarations, n_traders)."""
        return self._rows(self._book.find(X))

    def _rows(self, coded: CodedTable) -> sparse.csr_array:
        blocks = [
            _indicators(coded[name].astype(np.int64), self._book.n_values(name)) for name in TRADERS
        ]
        return sparse.csr_array(sparse.hstack(blocks, format="csr"))


def _log(X: pd.DataFrame, name: str) -> Floats:
    """Return the natural logarithm of a column, 0 at least."""
    logarithm: Floats = np.log(np.maximum(declared_number(X, name), 1.0))
    return logarithm


def _indicators(group: Group, n_groups: int) -> sparse.csr_array:
    """Return 1 at the group of each row and nothing for a group of -1."""
    known = np.flatnonzero(group >= 0)
    place = (known, group[known])
    return sparse.csr_array((np.ones(len(known)), place), shape=(len(group), n_groups))
