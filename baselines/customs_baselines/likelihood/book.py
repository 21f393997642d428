"""Declarations as codes, with the frequencies that honest trade would give them.

A *line* is an importer with goods on a route: what it imports again and again. Declarations of one
line work for the same ring or decoy, or for none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_HABITS = (
    "Office ID", "Mode of Transport", "Import Type", "Import Use", "Payment Type",
    "Country of Origin Indicator",
)  # fmt: skip
# Of how many equal declarations a group's first impression counts for; judged on own worlds.
_WEIGHT_OF_BASE = {
    "declarant": 2.0, "departure": 1.0, "market": 4.0, "goods": 10.0, "seller": 6.0,
    "Office ID": 1.5,
}  # fmt: skip
_WEIGHT_OF_HABIT = 2.0


def encode(column: pd.Series) -> IntArray:
    """Number the values of a column, missing ones as one value; shape (n,)."""
    return np.asarray(pd.factorize(column.astype(object).fillna(""))[0], dtype=np.int64)


def number(*codes: IntArray) -> IntArray:
    """Number the combinations of codes, shape (n,)."""
    joined = np.zeros(len(codes[0]), dtype=np.int64)
    for code in codes:
        joined = joined * (int(code.max(initial=0)) + 1) + code
        joined = np.unique(joined, return_inverse=True)[1].reshape(-1)
    return joined


@dataclass(frozen=True)
class Trait:
    """What lines or importers have, as a list of pairs (owner, code).

    Attributes
    ----------
    owner, code : int64 arrays, shape (n_pairs,)
        Without repetitions.
    table : csr_matrix, shape (n_owners, n_codes)
        The same pairs as ones.
    base : float64 array, shape (n_codes,)
        Frequency of each code in all trade, within the trait that it depends on.
    weight : float
        Number of observations that `base` counts for in a group (Dirichlet concentration).
    """

    owner: IntArray
    code: IntArray
    table: csr_matrix
    base: FloatArray
    weight: float

    @classmethod
    def of(cls, owner: IntArray, code: IntArray, n: int, base: FloatArray, weight: float) -> Trait:
        """Collect the distinct pairs of `n` owners."""
        pairs = np.unique(np.stack([owner, code], axis=1), axis=0)
        ones = np.ones(len(pairs))
        shape = (n, len(base))
        table = csr_matrix((ones, (pairs[:, 0], pairs[:, 1])), shape=shape)
        return cls(pairs[:, 0], pairs[:, 1], table, base, weight)


class Book:
    """Declarations as codes.

    Parameters
    ----------
    declarations : DataFrame, shape (n, 20)
        Declared columns.

    Attributes
    ----------
    importer, declarant, line, day : int64 arrays, shape (n,)
        Codes, and days since the first declaration.
    of_line : int64 array, shape (n_lines,)
        Importer of each line.
    line_traits : dict of Trait
        declarant, departure; market: chapter, given the departure; goods: HS6 and origin, given
        the market; seller, given the markets that it serves.
    habits : list of Trait
        Most frequent office and filing codes of each importer.
    """

    def __init__(self, declarations: pd.DataFrame) -> None:
        self.importer = encode(declarations["Importer ID"])
        self.declarant = encode(declarations["Declarant ID"])
        self.n_importers = int(self.importer.max()) + 1
        product = declarations["HS6 Code"].astype(str)
        departure = encode(declarations["Country of Departure"])
        market = number(departure, encode(product.str[:2]))
        goods = number(market, encode(product), encode(declarations["Country of Origin"]))
        day = declarations["Date"].to_numpy().astype("datetime64[D]").astype(np.int64)
        self.day = day - day.min()
        self.n_days = int(self.day.max()) + 1
        pair = self.importer * (int(goods.max()) + 1) + goods
        _, first, line = np.unique(pair, return_index=True, return_inverse=True)
        self.line, self.n_lines = line.reshape(-1), len(first)
        self.of_line = self.importer[first]
        self.first_row = first
        self.market_of_line = market[first]
        self.first_day = np.full(self.n_lines, self.n_days)
        np.minimum.at(self.first_day, self.line, self.day)

        seller = encode(declarations["Seller ID"])
        known = declarations["Seller ID"].notna().to_numpy()
        n_seller, n_market = np.bincount(seller), np.bincount(market)
        served = np.unique(np.stack([seller, market], axis=1), axis=0)
        trade = np.bincount(served[:, 0], weights=n_market[served[:, 1]])
        base = {
            "declarant": np.bincount(self.declarant) / len(day),
            "departure": np.bincount(departure) / len(day),
            "market": n_market / np.bincount(departure)[_parent(market, departure)],
            "goods": np.bincount(goods) / n_market[_parent(goods, market)],
            "seller": n_seller / trade,
        }
        pairs = {
            "declarant": (self.line, self.declarant),
            "departure": (np.arange(self.n_lines), departure[first]),
            "market": (np.arange(self.n_lines), market[first]),
            "goods": (np.arange(self.n_lines), goods[first]),
            "seller": (self.line[known], seller[known]),
        }
        self.line_traits = {
            name: Trait.of(owner, code, self.n_lines, base[name], _WEIGHT_OF_BASE[name])
            for name, (owner, code) in pairs.items()
        }
        self.habits = [self._usual(name, encode(declarations[name])) for name in _HABITS]

    def _usual(self, name: str, code: IntArray) -> Trait:
        """Return the most frequent code of each importer."""
        count = pd.DataFrame({"importer": self.importer, "code": code}).value_counts(sort=False)
        table = count.reset_index().sort_values(["importer", "count", "code"])
        usual = table.drop_duplicates("importer", keep="last")
        weight = _WEIGHT_OF_BASE.get(name, _WEIGHT_OF_HABIT)
        base = np.bincount(code) / len(code)
        owner, chosen = usual["importer"].to_numpy(), usual["code"].to_numpy()
        return Trait.of(owner, chosen, self.n_importers, base, weight)

    @property
    def n_declarations(self) -> IntArray:
        """Number of declarations of each importer, shape (n_importers,)."""
        return np.bincount(self.importer, minlength=self.n_importers)

    def main_declarant(self) -> IntArray:
        """Return the most frequent broker of each line, shape (n_lines,)."""
        table = pd.DataFrame({"line": self.line, "code": self.declarant})
        count = table.value_counts(sort=False).reset_index()
        count = count.sort_values(["line", "count", "code"]).drop_duplicates("line", keep="last")
        return count["code"].to_numpy()


def _parent(code: IntArray, parent: IntArray) -> IntArray:
    """Return the parent of each code, shape (n_codes,)."""
    of = np.zeros(int(code.max()) + 1, dtype=np.int64)
    of[code] = parent
    return of
