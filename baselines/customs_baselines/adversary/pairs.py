"""Nodes (importer, pool), and pairs of nodes that may belong to one cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from customs_baselines.adversary.keyed_rows import (
    BROKER,
    CELL,
    IMPORTER,
    POOL,
    PORT,
    SELLER,
    Floats,
    Key,
    KeyedRows,
)
from customs_data.columns.grouping import Group

_NODE: Final[Key] = (IMPORTER, *POOL)
#: What links two nodes; pairs that share none of it are not looked at.
_LINKS: Final[tuple[Key, ...]] = (
    (SELLER, BROKER), (BROKER, *CELL), (SELLER,), (SELLER, *CELL), (BROKER, *POOL),
    (BROKER, "Office ID", PORT),
)  # fmt: skip
#: Columns whose most frequent values are compared.
_MODES: Final[tuple[str, ...]] = (
    "Office ID", BROKER, SELLER, "Mode of Transport", "Import Type", "Import Use", "Payment Type",
    "Process Type", "Country of Origin Indicator", "Country of Origin", "Tax Type", PORT, "Chapter",
    IMPORTER,
)  # fmt: skip
_NEIGHBOURS = 16  # nodes that follow in time within a link; the more, the slower
_AT_A_TIME = 100_000


@dataclass(frozen=True)
class Nodes:
    """Nodes that may belong to a cluster; arrays of shape (n_nodes,) unless noted.

    Attributes
    ----------
    of_row : ndarray of int64, shape (n_rows,)
        Node of each declaration, -1 for none.
    n_rows, first, last, suspicion : ndarray of float64
        Declarations, first and last day, mean probability of its rows.
    mode : ndarray of int64, shape (n_nodes, n_columns)
        Most frequent values of `_MODES`.
    """

    of_row: Group
    n_rows: Floats
    first: Floats
    last: Floats
    suspicion: Floats
    mode: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.n_rows)


def choose_nodes(rows: KeyedRows, probability: Floats, *, least: float) -> Nodes:
    """Return the nodes whose mean probability of being a cluster's is at least `least`."""
    whole, n = rows[_NODE], rows.n_groups(_NODE)
    size = np.bincount(whole, minlength=n)
    mean = np.bincount(whole, weights=probability, minlength=n) / size
    number = np.where(mean >= least, np.cumsum(mean >= least) - 1, -1)
    of_row, n = number[whole], int((mean >= least).sum())
    known = of_row >= 0
    first, last = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(first, of_row[known], rows.day[known])
    np.maximum.at(last, of_row[known], rows.day[known])
    modes = [_mode(of_row[known], rows[name,][known], n) for name in _MODES]
    kept = mean >= least
    return Nodes(
        of_row, size[kept].astype(np.float64), first, last, mean[kept], np.stack(modes, axis=1)
    )


def _mode(group: Group, code: Group, n_groups: int) -> npt.NDArray[np.int64]:
    """Return the most frequent code of each group, shape (n_groups,)."""
    pair, count = np.unique(np.stack([group, code], axis=1), axis=0, return_counts=True)
    order = np.argsort(count, kind="stable")
    mode = np.full(n_groups, -1, dtype=np.int64)
    mode[pair[order, 0]] = pair[order, 1]  # the most frequent is written last
    return mode


def candidate_pairs(rows: KeyedRows, nodes: Nodes) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return pairs of nodes, shape (n_pairs, 2), and their features, shape (n_pairs, n_features).

    For each kind of link: the number of links that both nodes have, weighted by how rare they are,
    and the number of nodes behind the rarest. Then days between the nodes, sizes, probabilities,
    and which most frequent values are equal.
    """
    shared = [_incidence(rows, nodes, key) for key in _LINKS]
    middle = 0.5 * (nodes.first + nodes.last)
    keys = [_follow_in_time(incidence, middle, len(nodes)) for incidence in shared]
    key = np.unique(np.concatenate(keys))
    pair = np.stack([key // len(nodes), key % len(nodes)], axis=1)
    parts = [
        _compare(nodes, shared, pair[start : start + _AT_A_TIME])
        for start in range(0, len(pair), _AT_A_TIME)
    ]
    return pair, np.concatenate(parts)


def _incidence(rows: KeyedRows, nodes: Nodes, key: Key) -> csr_array:
    """Return which nodes have which links, weighted by rarity, shape (n_nodes, n_links)."""
    link = rows[key]
    known = (nodes.of_row >= 0) & (link >= 0)
    pair = np.unique(np.stack([nodes.of_row[known], link[known]], axis=1), axis=0)
    n_links = rows.n_groups(key)
    n_nodes = np.bincount(pair[:, 1], minlength=n_links)
    weight = 1.0 / np.log(1.0 + np.maximum(n_nodes, 1))[pair[:, 1]]
    kept = n_nodes[pair[:, 1]] > 1
    place = (pair[kept, 0], pair[kept, 1])
    return csr_array(coo_array((np.sqrt(weight[kept]), place), shape=(len(nodes), n_links)))


def _follow_in_time(incidence: csr_array, middle: Floats, n: int) -> npt.NDArray[np.int64]:
    """Return the pairs of nodes near each other in time within a link, as ``low * n + high``."""
    entries = incidence.tocoo()
    node, link = entries.coords[0].astype(np.int64), entries.coords[1]
    order = np.lexsort((middle[node], link))
    node, link = node[order], link[order]
    keys = []
    for step in range(1, _NEIGHBOURS + 1):
        same = link[step:] == link[:-step]
        a, b = node[:-step][same], node[step:][same]
        keys.append(np.minimum(a, b) * n + np.maximum(a, b))
    return np.unique(np.concatenate(keys))


def _compare(nodes: Nodes, shared: list[csr_array], pair: npt.NDArray[np.int64]) -> Floats:
    a, b = pair[:, 0], pair[:, 1]
    columns: list[Floats] = []
    for incidence in shared:
        common = incidence[a].multiply(incidence[b])
        columns += [np.asarray(common.sum(axis=1)).reshape(-1), _row_max(common)]
    gap = np.maximum(nodes.first[a], nodes.first[b]) - np.minimum(nodes.last[a], nodes.last[b])
    middle = 0.5 * np.abs(nodes.first[a] + nodes.last[a] - nodes.first[b] - nodes.last[b])
    columns += [gap, middle]
    for value in (nodes.n_rows, nodes.suspicion, nodes.last - nodes.first):
        columns += [np.minimum(value[a], value[b]), np.maximum(value[a], value[b])]
    equal = (nodes.mode[a] == nodes.mode[b]) & (nodes.mode[a] >= 0)
    return np.column_stack([*columns, equal.astype(np.float64)])


def _row_max(common: csr_array) -> Floats:
    return np.asarray(common.max(axis=1).toarray()).reshape(-1)
