"""Candidates (importer, known network) and what speaks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
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
from customs_baselines.organisations.pairs import HABITS, Pairs, dot_rows

Codes = npt.NDArray[np.int64]

#: What an importer's declarations are compared with those of a network's known members by.
_PROFILES: Final[tuple[Key, ...]] = (
    *HABITS,
    (PRODUCT, PORT, "Country of Origin"),
    (DECLARANT, "Chapter", PORT),
    (PRODUCT,),
    (SELLER, DECLARANT),
)


@dataclass(frozen=True)
class Candidates:
    """Importers beside known networks with which they share something.

    Attributes
    ----------
    importer, network : ndarray of int64, shape (n_candidates,)
        Number of the importer, and the known group.
    features : ndarray of float32, shape (n_candidates, n_features)
        Of the network's known members other than the importer itself.
    """

    importer: Codes
    network: Codes
    features: npt.NDArray[np.float32]


def compare_with_networks(
    importers: Importers, pairs: Pairs, probability: Floats, known: Codes
) -> Candidates:
    """Return all importers beside the known networks to a member of which they are linked.

    Parameters
    ----------
    importers : Importers
    pairs : Pairs
    probability : ndarray of float64, shape (n_pairs,)
        That both importers are one organisation.
    known : ndarray of int64, shape (n_importers,)
        Known groups, or -1. Only groups of several known members are networks here.
    """
    members = np.flatnonzero(known >= 0)
    groups, inverse, size = np.unique(known[members], return_inverse=True, return_counts=True)
    code = np.full(len(importers), -1, dtype=np.int64)
    code[members] = np.where(size[inverse] > 1, inverse, -1)
    a = np.concatenate([pairs.a, pairs.b])
    b = np.concatenate([pairs.b, pairs.a])
    p = np.concatenate([probability, probability])
    kept = (code[b] >= 0) & (p > 0)
    key = a[kept] * len(groups) + code[b[kept]]
    linked, place = np.unique(key, return_inverse=True)
    importer, network = linked // max(len(groups), 1), linked % max(len(groups), 1)
    n_others = size[network] - (code[importer] == network)
    evidence = _evidence(place, p[kept], len(linked), importer, n_others)
    lives = _lives(importers, code, len(groups), importer, network)
    profiles = _profiles(importers, code, len(groups), importer, network, n_others)
    features = np.column_stack([*evidence, importers.n_rows[importer], *lives, *profiles])
    return Candidates(importer, groups[network], features.astype(np.float32))


def _evidence(
    place: Codes, p: Floats, n: int, importer: Codes, n_others: npt.NDArray[np.int64]
) -> list[Floats]:
    """Sum, maximum and number of the members' probabilities; rank among networks."""
    total, n_linked = np.bincount(place, p, n), np.bincount(place, minlength=n).astype(np.float64)
    none = np.bincount(place, np.log1p(-np.minimum(p, 0.98)), n)
    largest = np.zeros(n)
    np.maximum.at(largest, place, p)
    of_importer = pd.Series(total).groupby(importer)
    return [
        total,
        largest,
        n_linked,
        none,
        total / n_others,
        n_linked / n_others,
        n_others.astype(np.float64),
        of_importer.rank(ascending=False).to_numpy(),
        total / of_importer.transform("sum").to_numpy(),
        total - of_importer.transform("max").to_numpy(),
    ]


def _lives(
    importers: Importers, code: Codes, n_groups: int, importer: Codes, network: Codes
) -> list[Floats]:
    members = np.flatnonzero(code >= 0)
    first, last = np.full(n_groups, np.inf), np.full(n_groups, -np.inf)
    np.minimum.at(first, code[members], importers.first[members])
    np.maximum.at(last, code[members], importers.last[members])
    own_first, own_last = importers.first[importer], importers.last[importer]
    return [own_first - first[network], last[network] - own_last, own_last - own_first]


def _profiles(
    importers: Importers,
    code: Codes,
    n_groups: int,
    importer: Codes,
    network: Codes,
    n_others: npt.NDArray[np.int64],
) -> list[Floats]:
    """How alike the importer's shares and the members' mean shares are, by key."""
    members = np.flatnonzero(code >= 0)
    place = (code[members], members)
    shape = (n_groups, len(importers))
    belongs = sparse.coo_array((np.ones(len(members)), place), shape=shape).tocsr()
    is_own = code[importer] == network
    columns = []
    for key in _PROFILES:
        shares = importers.shares(key)
        likeness = dot_rows(shares, importer, (belongs @ shares).tocsr(), network)
        itself = shares.multiply(shares).sum(axis=1)[importer]
        columns.append((likeness - np.where(is_own, itself, 0.0)) / n_others)
    return columns
