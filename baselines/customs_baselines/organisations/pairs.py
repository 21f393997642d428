"""Pairs of importers that share something rare, and what they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from scipy import sparse

from customs_baselines.organisations.importers import (
    DECLARANT,
    PORT,
    PRODUCT,
    SELLER,
    Floats,
    Importers,
    Key,
)

Codes = npt.NDArray[np.int64]

#: What may link importers, each with the most importers of a value that still says something. The
#: first ones make candidates: pairs that share none of them are not looked at.
LINKS: Final[dict[Key, int]] = {
    (SELLER,): 120,
    (SELLER, DECLARANT): 120,
    (SELLER, PRODUCT): 120,
    (DECLARANT, PRODUCT, PORT): 120,
    (DECLARANT, "Chapter", PORT): 80,
    (DECLARANT, "Office ID", PORT): 80,
    (DECLARANT, PORT): 80,
    (PRODUCT, PORT, "Country of Origin"): 60,
    (DECLARANT,): 40,
    (DECLARANT, "Courier ID"): 40,
}
_N_CANDIDATE_LINKS: Final = 8
#: Columns whose shares are compared.
HABITS: Final[tuple[Key, ...]] = tuple(
    (name,)
    for name in (
        "Office ID", "Mode of Transport", "Import Type", "Import Use", "Payment Type",
        "Country of Origin Indicator", "Process Type", DECLARANT, PORT, "Chapter", SELLER,
    )
)  # fmt: skip
_AT_A_TIME: Final = 200_000


@dataclass(frozen=True)
class Pairs:
    """Pairs of importers; each pair once, the lower number first.

    Attributes
    ----------
    a, b : ndarray of int64, shape (n_pairs,)
        Numbers of the importers.
    features : ndarray of float32, shape (n_pairs, n_features)
        For each kind of link the rarity of what both have, summed; how alike their habits are;
        days between their lives; sizes, prices.
    """

    a: Codes
    b: Codes
    features: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.a)


#: Pairs of importers that are still in use, so that several models compare them once.
_COMPARED: Final[WeakKeyDictionary[Importers, Pairs]] = WeakKeyDictionary()


def compare_pairs(importers: Importers) -> Pairs:
    """Return all pairs of importers that share a rare link, with their features."""
    if importers not in _COMPARED:
        _COMPARED[importers] = _compare(importers)
    return _COMPARED[importers]


def _compare(importers: Importers) -> Pairs:
    n = len(importers)
    shared = []
    for key, most in LINKS.items():
        links = importers.links(key, most)
        shared.append(sparse.triu(links @ links.T, 1).tocoo())
    keys = [it.coords[0].astype(np.int64) * n + it.coords[1] for it in shared]
    chosen = np.unique(np.concatenate(keys[:_N_CANDIDATE_LINKS]))
    a, b = chosen // n, chosen % n
    columns = [_at(key, it.data, chosen) for key, it in zip(keys, shared, strict=True)]
    columns += [row_products(importers.shares(key), a, b) for key in HABITS]
    columns += _compare_lives(importers, a, b)
    return Pairs(a, b, np.column_stack(columns).astype(np.float32))


def _at(key: Codes, value: Floats, wanted: Codes) -> Floats:
    """Return the value of each wanted key, 0 where there is none; `wanted` is sorted."""
    order = np.argsort(key, kind="stable")
    key, value = key[order], value[order]
    result = np.zeros(len(wanted))
    place = np.searchsorted(wanted, key)
    inside = place < len(wanted)
    inside[inside] = wanted[place[inside]] == key[inside]
    result[place[inside]] = value[inside]
    return result


def row_products(table: sparse.csr_array, a: Codes, b: Codes) -> Floats:
    """Return the scalar product of rows a and b of a table for each pair, shape (n_pairs,)."""
    return dot_rows(table, a, table, b)


def dot_rows(left: sparse.csr_array, a: Codes, right: sparse.csr_array, b: Codes) -> Floats:
    """Return the scalar product of row a of one table and row b of another for each pair."""
    parts = [np.zeros(0)]
    for start in range(0, len(a), _AT_A_TIME):
        rows = slice(start, start + _AT_A_TIME)
        parts.append(np.asarray(left[a[rows]].multiply(right[b[rows]]).sum(axis=1)).ravel())
    return np.concatenate(parts)


def _compare_lives(importers: Importers, a: Codes, b: Codes) -> list[Floats]:
    first, last, size = importers.first, importers.last, importers.n_rows
    life = last - first
    return [
        np.maximum(first[a], first[b]) - np.minimum(last[a], last[b]),
        np.abs(first[a] - first[b]),
        np.abs(last[a] - last[b]),
        np.minimum(size[a], size[b]),
        np.maximum(size[a], size[b]),
        np.abs(importers.price[a] - importers.price[b]),
        np.minimum(life[a], life[b]),
        np.maximum(life[a], life[b]),
    ]
