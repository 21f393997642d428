"""The importer-declarant network of an edition, small enough to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.edition.loading import Edition
from customs_data.schema import ERASED

Floats = npt.NDArray[np.float64]

_N_DECLARANTS: Final = 14
_MOST_IMPORTERS: Final = 12  # of each declarant
_N_STEPS: Final = 150


@dataclass(frozen=True)
class Network:
    """Who files with whom.

    Attributes
    ----------
    places : ndarray of float64, shape (n_nodes, 2)
        Where each node is drawn.
    is_declarant : ndarray of bool, shape (n_nodes,)
        The others are importers.
    sizes : ndarray of float64, shape (n_nodes,)
        Of the dots, by declarations.
    fraud_rate : ndarray of float64, shape (n_nodes,)
        Of an importer's labelled training declarations; nan without any, and for declarants.
    edges : tuple of (int, int, float)
        Nodes, and the width of the line, by declarations.
    """

    places: Floats
    is_declarant: npt.NDArray[np.bool_]
    sizes: Floats
    fraud_rate: Floats
    edges: tuple[tuple[int, int, float], ...]


def sample_network(edition: Edition) -> Network:
    """Take declarants that share importers, and the importers that file most with each of them.

    The largest declarants file for everybody: a picture of them shows a ball of wool. So the first
    is of middling size, and each further one of no more than that of nine in ten of its kind.
    """
    both = pd.concat([edition.train, edition.test], ignore_index=True)
    pairs = both.groupby(["Declarant ID", "Importer ID"]).size().rename("n").reset_index()
    declarants = _neighbours(pairs)
    kept = pairs[pairs["Declarant ID"].isin(declarants)]
    # Shared importers first: they are what makes a network of stars.
    shared = kept.groupby("Importer ID")["Declarant ID"].transform("size") > 1
    kept = kept.assign(shared=shared).sort_values(
        ["shared", "n", "Importer ID"], ascending=[False, False, True]
    )
    kept = kept.groupby("Declarant ID").head(_MOST_IMPORTERS)
    importers = list(kept["Importer ID"].unique())
    # Importers drawn for one declarant may also file with another: those lines belong to it.
    lines = pairs[pairs["Declarant ID"].isin(declarants) & pairs["Importer ID"].isin(importers)]
    node = {("d", name): i for i, name in enumerate(declarants)}
    node |= {("i", name): len(declarants) + i for i, name in enumerate(importers)}
    edges = tuple(
        (node["d", d], node["i", i], 0.4 + 0.6 * float(np.log2(n)))
        for d, i, n in lines.itertuples(index=False)
    )
    counts = both["Importer ID"].value_counts()
    sizes = np.r_[np.zeros(len(declarants)), 10 + 4 * counts.loc[importers].to_numpy(np.float64)]
    labelled = edition.y != ERASED
    fraud = pd.Series(edition.y[labelled] == 1).groupby(
        edition.train.loc[labelled, "Importer ID"].to_numpy()
    )
    rate = fraud.mean().reindex(importers).to_numpy(np.float64)
    is_declarant = np.arange(len(node)) < len(declarants)
    return Network(
        _lay_out(len(node), edges),
        is_declarant,
        np.minimum(sizes, 400),
        np.r_[np.full(len(declarants), np.nan), rate],
        edges,
    )


def _neighbours(pairs: pd.DataFrame) -> list[str]:
    """Declarants, each the one that shares most importers with those before it."""
    n_partners = pairs.groupby("Declarant ID").size().sort_values(kind="stable")
    enough = n_partners[n_partners >= _MOST_IMPORTERS]
    if len(enough) < 2 * _N_DECLARANTS:
        enough = n_partners  # a small edition: whoever there is
    middling = enough[enough <= enough.quantile(0.9)]
    held = pairs[pairs["Declarant ID"].isin(middling.index)]
    importers = held.groupby("Declarant ID")["Importer ID"].agg(set)
    chosen = [str(middling.index[len(middling) // 2])]
    reached = set(importers[chosen[0]])
    while len(chosen) < min(_N_DECLARANTS, len(middling)):
        shared = {str(name): len(known & reached) for name, known in importers.drop(chosen).items()}
        nearest = max(shared, key=shared.__getitem__)
        chosen.append(nearest)
        reached |= importers[nearest]
    return chosen


def _lay_out(n_nodes: int, edges: tuple[tuple[int, int, float], ...]) -> Floats:
    """Place nodes by springs along edges and repulsion between all (Fruchterman & Reingold, 1991).

    The same edges give the same places.
    """
    rng = np.random.default_rng(0)
    places = rng.normal(0, 1, (n_nodes, 2))
    if not edges:
        return places
    ends = np.array([(first, second) for first, second, _ in edges])
    length = np.sqrt(1 / n_nodes)
    for step in range(_N_STEPS):
        apart = places[:, None] - places[None]
        distance = np.maximum(np.hypot(*apart.T).T, 1e-3)
        moves = (apart * (length**2 / distance**2)[:, :, None]).sum(axis=1)
        along = places[ends[:, 0]] - places[ends[:, 1]]
        pull = along * np.hypot(*along.T)[:, None] / length
        np.add.at(moves, ends[:, 0], -pull)
        np.add.at(moves, ends[:, 1], pull)
        # A little gravity: parts that share no importer would else drift out of the picture.
        moves -= 0.3 * places
        reach = np.maximum(np.hypot(*moves.T), 1e-9)[:, None]
        places += moves / reach * np.minimum(reach, 0.1 * (1 - step / _N_STEPS) + 0.002)
    return places
