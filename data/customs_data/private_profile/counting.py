"""Bounded contributions to tables of counts, in whole units of a declaration."""

from __future__ import annotations

import secrets
from typing import Final

import numpy as np
from numpy.typing import NDArray

from customs_data.private_profile.contributions import Codes, Contributions
from customs_data.private_profile.noise import UNIT

IntArray = NDArray[np.int64]

# Sets of so many cells fit into the bits of one number.
_BITS: Final = 64


def weigh(contributions: Contributions, most_weight: float) -> IntArray:
    """Return what each declaration weighs, so that no importer weighs more than `most_weight`.

    Returns
    -------
    ndarray of int64, shape (n_declarations,)
        Units of a declaration, rounded down.
    """
    importer = contributions.importer
    rows = np.bincount(importer)[importer]
    units = np.floor(UNIT * np.minimum(1.0, most_weight / rows))
    return np.asarray(units, dtype=np.int64)


class Keys:
    """Combinations of columns as numbers, and back.

    Parameters
    ----------
    contributions : Contributions
    columns : tuple of str
        Columns of its codes, or Chapter, the first two digits of the HS code.
    """

    def __init__(self, contributions: Contributions, columns: tuple[str, ...]) -> None:
        self._values = [_values(contributions, column) for column in columns]
        key = np.zeros(len(contributions), dtype=np.int64)
        valid = np.ones(len(contributions), dtype=bool)
        for column, values in zip(columns, self._values, strict=True):
            codes = _codes(contributions, column)
            valid &= codes >= 0
            key = key * len(values) + codes
        key[~valid] = -1
        self.numbers, self.place = _number(key, int(np.prod([len(v) for v in self._values])))

    def texts(self, places: IntArray) -> list[tuple[str, ...]]:
        """Return the values of some cells."""
        rest, columns = self.numbers[places], []
        for values in self._values[::-1]:
            rest, code = np.divmod(rest, len(values))
            columns.append([values[i] for i in code.tolist()])
        return list(zip(*columns[::-1], strict=True))


def _values(contributions: Contributions, column: str) -> list[str]:
    if column == "Chapter":
        return [f"{number:02d}" for number in range(100)]
    if column in contributions.values:
        return contributions.values[column]
    n_values = int(contributions.codes[column].max(initial=-1)) + 1  # IDs, which stay unnamed
    return [""] * max(n_values, 1)


def _codes(contributions: Contributions, column: str) -> Codes | IntArray:
    return chapters_of(contributions) if column == "Chapter" else contributions.codes[column]


def chapters_of(contributions: Contributions) -> IntArray:
    """Return the chapter of each declaration, 0 to 99."""
    chapters = [int(code[:2]) for code in contributions.values["HS6 Code"]]
    return np.array(chapters, dtype=np.int64)[contributions.codes["HS6 Code"]]


def _number(key: IntArray, n_possible: int) -> tuple[IntArray, IntArray]:
    """Return the distinct keys of 0 or more, ascending, and each row's place, or -1."""
    if n_possible > max(len(key), UNIT):  # a table over all possible cells would be too large
        known, place = np.unique(key, return_inverse=True)
        return (known[1:], place - 1) if len(known) and known[0] < 0 else (known, place)
    table = np.full(n_possible + 1, -1, dtype=np.int32)  # the last entry is for -1
    table[key] = 0
    table[-1] = -1
    known = np.flatnonzero(table == 0)
    table[known] = np.arange(len(known))
    return known, table[key].astype(np.int64)


def add_up(place: IntArray, weight: IntArray, n_cells: int) -> IntArray:
    """Return the sum of whole weights by cell, shape (n_cells,); rows at -1 do not count."""
    if (place < 0).any():
        place, weight = place[place >= 0], weight[place >= 0]
    # Sums in float64 are exact up to 2^53 units, 137 billion declarations.
    return np.bincount(place, weights=weight, minlength=n_cells).astype(np.int64)


def count_users(importer: Codes, place: IntArray, n_cells: int) -> IntArray:
    """Return how many importers use each cell; one with n cells counts 1 / sqrt(n) in each.

    So an importer's contribution has a length of at most 1. Importers are ascending.
    """
    filled = place >= 0
    if not filled.all():
        importer, place = importer[filled], place[filled]
    if n_cells > _BITS:
        pairs = np.unique(importer.astype(np.int64) * n_cells + place)
        who, cell = np.divmod(pairs, n_cells)
        return add_up(cell, _split_one(np.bincount(who)[who]), n_cells)
    if not len(importer):
        return np.zeros(n_cells, dtype=np.int64)
    starts = np.flatnonzero(np.append(True, importer[1:] != importer[:-1]))
    used = np.bitwise_or.reduceat(np.uint64(1) << place.astype(np.uint64), starts)
    n_used = np.zeros(len(used), dtype=np.int64)
    for bit in range(n_cells):
        n_used += _has_bit(used, bit)
    units = _split_one(n_used)
    return np.array([units[_has_bit(used, bit)].sum() for bit in range(n_cells)], dtype=np.int64)


def _split_one(n_used: IntArray) -> IntArray:
    """Return what an importer counts in each of its cells."""
    return np.asarray(np.floor(UNIT / np.sqrt(n_used)), dtype=np.int64)


def _has_bit(sets: NDArray[np.uint64], bit: int) -> NDArray[np.bool_]:
    return np.asarray((sets >> np.uint64(bit)) & np.uint64(1), dtype=bool)


def count_by_size(importer: Codes, agent: Codes, most: int, edges: IntArray) -> IntArray:
    """Return how many agents have so many declarations, by classes of sizes.

    Parameters
    ----------
    importer, agent : int32 arrays, shape (n_declarations,)
        Importers ascending.
    most : int
        Agents of each importer that count: those it uses most.
    edges : int64 array, ascending
        Class i has sizes from ``edges[i]`` to below ``edges[i + 1]``.

    Returns
    -------
    ndarray of int64, shape (n_edges,)
        Units. One importer moves at most `most` agents from one class to another.
    """
    filled = agent >= 0
    importer, agent = importer[filled], agent[filled]
    if not len(agent):
        return np.zeros(len(edges), dtype=np.int64)
    n_agents = int(agent.max()) + 1
    pairs, rows = np.unique(importer.astype(np.int64) * n_agents + agent, return_counts=True)
    who, whom = np.divmod(pairs, n_agents)
    # Ties are broken at random: by the agents' numbers, another importer could decide them.
    ticket = np.random.default_rng(secrets.randbits(128)).random(len(rows))
    order = np.lexsort((ticket, -rows, who))
    who, whom, rows = who[order], whom[order], rows[order]
    starts = np.flatnonzero(np.append(True, who[1:] != who[:-1]))
    rank = np.arange(len(who)) - np.repeat(starts, np.diff(np.append(starts, len(who))))
    counts = rank < most
    size = np.bincount(whom[counts], weights=rows[counts]).astype(np.int64)
    classes = np.searchsorted(edges, size[size > 0], side="right") - 1
    return np.bincount(classes, minlength=len(edges)) * UNIT
