"""Declarations that share a trader, and how alike they are otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.goods.codes import Integers
from customs_baselines.goods.densities import ln_mass_and_unit_price

Floats32 = npt.NDArray[np.float32]

#: Columns that two declarations have in common or not, with what that adds to their likeness:
#: coefficients of a logistic regression of 'the same goods' on pairs of one broker and country.
COLUMNS: Final[dict[str, float]] = {
    "Importer ID": 2.0,
    "Seller ID": 2.2,
    "Declarant ID": 0.5,
    "Courier ID": 0.3,
    "Office ID": 0.15,
    "Country of Departure": 0.7,
    "Country of Origin": 0.7,
    "Payment Type": 0.15,
    "Import Use": 0.2,
    "Import Type": 0.2,
    "Mode of Transport": 0.15,
    "Country of Origin Indicator": 0.05,
    "Process Type": 0.0,
}
_PER_LN: Final = (-0.4, -1.2)  # the same for one ln unit between masses and between unit prices
_FARTHEST: Final = 4.0  # ln units
_NEAR: Final = (0.35, 0.7)  # ln units between masses of one line of an importer
_LATEST: Final = 300  # declarations of a trader that are compared at most
#: Edge features: one for each column, then distances and sizes.
N_FEATURES: Final = len(COLUMNS) + 2 + len(_NEAR) + 1


@dataclass(frozen=True)
class Edges:
    """Pairs of declarations, sorted by target.

    Attributes
    ----------
    target, source : ndarray of int64, shape (n_edges,)
        Rows of the declarations that are asked and of those that say something.
    features : ndarray of float32, shape (n_edges, N_FEATURES)
    """

    target: Integers
    source: Integers
    features: Floats32


class Neighbours:
    """Finds pairs of asked declarations and known or other asked ones.

    Parameters
    ----------
    known, asked : DataFrame, shapes (n_known, n_columns) and (n_asked, n_columns)
    """

    def __init__(self, known: pd.DataFrame, asked: pd.DataFrame) -> None:
        names = list(COLUMNS)
        both = pd.concat([known[names], asked[names]], ignore_index=True)
        values = np.stack([pd.factorize(both[name])[0] for name in names], axis=1)
        self._known, self._asked = np.split(values.astype(np.int64), [len(known)])
        self._known_values = ln_mass_and_unit_price(known)
        self._asked_values = ln_mass_and_unit_price(asked)
        self._known_days = known["Date"].to_numpy()
        self._asked_days = asked["Date"].to_numpy()

    def to_known(self, key: Sequence[str], most: int) -> Edges:
        """Return the pairs of asked and known declarations of equal key, the most alike ones."""
        source, target = self._keys(key, self._known, self._asked)
        return self._edges(source, target, self._known, self._known_values, self._known_days, most)

    def to_asked(self, key: Sequence[str], most: int) -> Edges:
        """Return the pairs of different asked declarations of equal key, the most alike ones."""
        source, target = self._keys(key, self._asked, self._asked)
        return self._edges(source, target, self._asked, self._asked_values, self._asked_days, most)

    def _keys(self, key: Sequence[str], one: Integers, other: Integers) -> tuple[Integers, ...]:
        """Number the values of a key in both tables, -1 where a cell is empty."""
        both = np.concatenate([one, other])
        places = [list(COLUMNS).index(name) for name in key]
        empty = (both[:, places] < 0).any(axis=1)
        number = np.zeros(len(both), dtype=np.int64)
        for place in places:
            number = number * (int(both[:, place].max(initial=0)) + 2) + both[:, place] + 1
        number = pd.factorize(number)[0].astype(np.int64)
        number[empty] = -1
        return number[: len(one)], number[len(one) :]

    def _edges(
        self,
        source_key: Integers,
        target_key: Integers,
        codes: Integers,
        values: npt.NDArray[np.float64],
        days: npt.NDArray[np.datetime64],
        most: int,
    ) -> Edges:
        order = np.lexsort((days, source_key)).astype(np.int64)
        ascending = source_key[order]
        first = np.searchsorted(ascending, target_key, side="left")
        stop = np.searchsorted(ascending, target_key, side="right")
        size = np.where(target_key < 0, 0, stop - first)
        taken = np.minimum(size, _LATEST)
        target = np.repeat(np.arange(len(target_key)), taken)
        number = np.arange(len(target)) - np.repeat(np.cumsum(taken) - taken, taken)
        source = order[np.repeat(stop - taken, taken) + number]
        if codes is self._asked:
            other = source != target
            target, source = target[other], source[other]
        same = (self._asked[target] == codes[source]) & (codes[source] >= 0)
        apart = np.minimum(np.abs(self._asked_values[target] - values[source]), _FARTHEST)
        alike = same @ np.array([*COLUMNS.values()]) + apart @ np.array(_PER_LN)
        chosen = _highest(target, alike, most)
        target, source, same, apart = target[chosen], source[chosen], same[chosen], apart[chosen]
        near = [apart[:, 0] < limit for limit in _NEAR]
        features = np.column_stack([same, apart, *near, np.log1p(size[target])])
        return Edges(target, source, features.astype(np.float32))


def _highest(group: Integers, value: npt.NDArray[np.float64], most: int) -> Integers:
    """Return the places of the highest values of each group, by group."""
    order = np.lexsort((-value, group)).astype(np.int64)
    ordered = group[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered, side="left")
    return order[rank < most]
