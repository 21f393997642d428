"""A sample of the importer-declarant network of an edition, small enough to draw."""

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
_MOST_IMPORTERS: Final = 12  # per declarant
_N_STEPS: Final = 150


@dataclass(frozen=True)
class Network:
    """Who files with whom.

    Attributes
    ----------
    places : ndarray of float64, shape (n_nodes, 2)
        Coordinates of the nodes.
    is_declarant : ndarray of bool, shape (n_nodes,)
        False for importers.
    sizes : ndarray of float64, shape (n_nodes,)
        Areas of the dots, which grow with the number of declarations.
    fraud_rate : ndarray of float64, shape (n_nodes,)
        Fraud rate of an importer's labelled training declarations; NaN without any, and for
        declarants.
    edges : tuple of (int, int, float)
        Two nodes, and the width of the line, which grows with the number of declarations.
    """

    places: Floats
    is_declarant: npt.NDArray[np.bool_]
    sizes: Floats
    fraud_rate: Floats
    edges: tuple[tuple[int, int, float], ...]


def sample_network(edition: Edition) -> Network:
    """Return declarants that share importers, and the importers that file most with each.

    The largest declarants file for everybody, so that a figure of them would be a tangle. The
    tenth with most importers is left out, and the first declarant is the median of the others.
    """
    both = pd.concat([edition.train, edition.test], ignore_index=True)
    pairs = both.groupby(["Declarant ID", "Importer ID"]).size().rename("n").reset_index()
    declarants = _neighbours(pairs)
    kept = pairs[pairs["Declarant ID"].isin(declarants)]
    # Shared importers first: without them the network would be separate stars.
    shared = kept.groupby("Importer ID")["Declarant ID"].transform("size") > 1
    kept = kept.assign(shared=shared).sort_values(
        ["shared", "n", "Importer ID"], ascending=[False, False, True]
    )
    kept = kept.groupby("Declarant ID").head(_MOST_IMPORTERS)
    importers = list(kept["Importer ID"].unique())
    # Importers chosen for one declarant may also file with another: these lines are drawn, too.
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
    """Return declarants, each the one that shares most importers with those before it."""
    n_partners = pairs.groupby("Declarant ID").size().sort_values(kind="stable")
    enough = n_partners[n_partners >= _MOST_IMPORTERS]
    if len(enough) < 2 * _N_DECLARANTS:
        enough = n_partners  # a small edition: all declarants
    middling = enough[enough <= enough.quantile(0.9)]
    pairs = pairs[pairs["Declarant ID"].isin(middling.index)]
    importers = pairs.groupby("Declarant ID")["Importer ID"].agg(set)
    chosen = [str(middling.index[len(middling) // 2])]
    reached = set(importers[chosen[0]])
    while len(chosen) < min(_N_DECLARANTS, len(middling)):
        shared = {str(name): len(known & reached) for name, known in importers.drop(chosen).items()}
        nearest = max(shared, key=shared.__getitem__)
        chosen.append(nearest)
        reached |= importers[nearest]
    return chosen


def _lay_out(n_nodes: int, edges: tuple[tuple[int, int, float], ...]) -> Floats:
    """Return coordinates by springs along edges and repulsion (Fruchterman & Reingold, 1991).

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
        # A little gravity keeps parts without shared importers in the figure.
        moves -= 0.3 * places
        reach = np.maximum(np.hypot(*moves.T), 1e-9)[:, None]
        places += moves / reach * np.minimum(reach, 0.1 * (1 - step / _N_STEPS) + 0.002)
    return places
