"""What an office can say about a declaration without any label, from earlier weeks alone.

Such a feature never changes, so that it is made once for all weeks, strategies and rates of a
season. Sums are of integers: a table cut after some week gives the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.columns.column_set import declared_number

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

#: What declarations have in common, by name: declared columns, ``Chapter`` (two digits of HS6) and
#: ``Detour`` (whether departure and origin differ).
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "importer": ("Importer ID",),
    "declarant": ("Declarant ID",),
    "seller": ("Seller ID",),
    "goods": ("HS6 Code",),
    "chapter": ("Chapter",),
    "origin": ("Country of Origin",),
    "departure": ("Country of Departure",),
    "office": ("Office ID",),
    "courier": ("Courier ID",),
    "filing": ("Process Type", "Import Type", "Import Use", "Payment Type", "Mode of Transport"),
    "tax": ("Tax Type", "Country of Origin Indicator"),
    "importer x chapter": ("Importer ID", "Chapter"),
    "importer x seller": ("Importer ID", "Seller ID"),
    "declarant x chapter": ("Declarant ID", "Chapter"),
    "seller x departure": ("Seller ID", "Country of Departure"),
    "goods x origin": ("HS6 Code", "Country of Origin"),
    "declarant x office": ("Declarant ID", "Office ID"),
}
#: How many different partners a trader has had: trader, then partner.
_PARTNERS: Final = (
    ("importer", "seller"), ("importer", "declarant"), ("declarant", "importer"),
    ("seller", "importer"), ("importer", "chapter"), ("declarant", "chapter"),
)  # fmt: skip
#: Whose usual unit price and mass a declaration is compared with.
_NORMS: Final = ("goods", "importer", "seller", "importer x chapter")
_AGED: Final = ("importer", "declarant", "seller")
_SCALE: Final = 1 << 20  # of logarithms as integers


@dataclass(frozen=True, eq=False)
class AsOf:
    """Features and codes of declarations in the order of filing.

    Attributes
    ----------
    features : ndarray of float32, shape (n_declarations, n_features)
    names : list of str
    codes : ndarray of int32, shape (n_declarations, n_keys)
        For each of `KEYS`, numbers in the order of first appearance, for counts of labels.
    """

    features: Floats
    names: list[str]
    codes: npt.NDArray[np.int32]


def describe_as_of(declarations: pd.DataFrame, week: npt.NDArray[np.int32]) -> AsOf:
    """Describe declarations by what was filed in earlier weeks.

    Parameters
    ----------
    declarations : DataFrame, shape (n_declarations, 20)
        In the order of filing.
    week : ndarray of int32, shape (n_declarations,)
        Not falling.
    """
    table = declarations.assign(
        Chapter=declarations["HS6 Code"].astype(str).str[:2],
    )
    codes = {name: _number(table, columns) for name, columns in KEYS.items()}
    price, mass = (np.log1p(declared_number(table, name)) for name in ("Item Price", "Net Mass"))
    rate = declared_number(table, "Tax Rate")
    detour = (table["Country of Departure"] != table["Country of Origin"]).to_numpy()
    columns: dict[str, npt.NDArray[np.float64]] = {
        "log price": price,
        "log mass": mass,
        "log unit price": price - mass,
        "tax rate": rate,
        "log declared duty": np.log1p(declared_number(table, "Item Price") * rate / 100.0),
        "detour": detour.astype(np.float64),
        "round mass": (declared_number(table, "Net Mass") % 1.0 == 0.0).astype(np.float64),
    }
    groups = {name: _Earlier(code, week) for name, code in codes.items()}
    for name, group in groups.items():
        columns[f"earlier declarations, {name}"] = np.log1p(group.count)
    for name in _NORMS:
        for what, value in (("unit price", price - mass), ("mass", mass)):
            columns[f"{what} over the usual, {name}"] = value - groups[name].mean_before(value)
    for name in _AGED:
        columns[f"weeks since the first, {name}"] = groups[name].weeks_since_first()
    for trader, partner in _PARTNERS:
        pair = _Earlier(_pair(codes[trader], codes[partner]), week)
        columns[f"{partner}s so far, {trader}"] = np.log1p(groups[trader].distinct(pair))
    features = np.column_stack(list(columns.values())).astype(np.float32)
    stacked = np.column_stack(list(codes.values())).astype(np.int32)
    return AsOf(features, list(columns), stacked)


def _number(table: pd.DataFrame, columns: tuple[str, ...]) -> Integers:
    """Return codes in the order of first appearance, so that later rows change no earlier code."""
    first, *others = (
        pd.factorize(table[column], use_na_sentinel=False)[0].astype(np.int64) for column in columns
    )
    for other in others:
        first = _pair(first, other)
    return first


def _pair(first: Integers, second: Integers) -> Integers:
    """Return a number for each pair of codes, in the order of first appearance."""
    pair = first * (second.max(initial=0) + 1) + second
    return np.asarray(pd.factorize(pair)[0], dtype=np.int64)


class _Earlier:
    """Sums over the declarations of the same group in earlier weeks."""

    def __init__(self, code: Integers, week: npt.NDArray[np.int32]) -> None:
        self.code, self.week = code, week
        self.order = np.argsort(code, kind="stable")  # the rows are in the order of weeks
        sorted_code, sorted_week = code[self.order], week[self.order]
        new_group = np.ones(len(code), dtype=np.bool_)
        new_group[1:] = sorted_code[1:] != sorted_code[:-1]
        new_week = new_group.copy()
        new_week[1:] |= sorted_week[1:] != sorted_week[:-1]
        place = np.arange(len(code))
        self.start = np.maximum.accumulate(np.where(new_group, place, 0))
        self.now = np.maximum.accumulate(np.where(new_week, place, 0))
        self.count = np.empty(len(code), dtype=np.int64)
        self.count[self.order] = self.now - self.start

    def sum_before(self, value: Integers) -> Integers:
        """Return sums of integers, shape (n_declarations,)."""
        total = np.concatenate([[0], np.cumsum(value[self.order])])
        sums = np.empty(len(value), dtype=np.int64)
        sums[self.order] = total[self.now] - total[self.start]
        return sums

    def mean_before(self, value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return means, the value itself counting as one of them."""
        whole = np.rint(value * _SCALE).astype(np.int64)
        return (self.sum_before(whole) + whole) / (self.count + 1) / _SCALE

    def weeks_since_first(self) -> npt.NDArray[np.float64]:
        """Return weeks since the first declaration; -1 in the week of the first."""
        first = np.empty(len(self.week), dtype=np.int64)
        first[self.order] = self.week[self.order][self.start]
        return np.where(self.count > 0, self.week - first, -1).astype(np.float64)

    def distinct(self, pair: _Earlier) -> Integers:
        """Return how many different pairs this group has had in earlier weeks."""
        is_first = np.zeros(len(self.code), dtype=np.int64)
        is_first[pair.order[pair.start == np.arange(len(pair.start))]] = 1
        return self.sum_before(is_first)
