"""A detector of hidden clusters that learned on own worlds of the same configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import networkx as nx
import numpy as np
import numpy.typing as npt
import pandas as pd
from lightgbm import LGBMClassifier

from customs_baselines.adversary.keyed_rows import Floats, KeyedRows
from customs_baselines.adversary.own_worlds import KnownWorld
from customs_baselines.adversary.pairs import Nodes, candidate_pairs, choose_nodes
from customs_baselines.adversary.recovery import measure_recovery
from customs_baselines.adversary.row_features import describe_rows
from customs_baselines.steps import step
from customs_data.columns.grouping import Group

# Nodes below this mean probability are not linked; recovery was not better with more of them.
_LEAST_SUSPICION = 0.3
#: Least probability of a link, and resolution of the communities: chosen on an own world.
_LIMITS: Final = (0.35, 0.5, 0.65)
_RESOLUTIONS: Final = (10.0, 20.0, 40.0)
_LEAST_ROW = 0.4  # probability below which a row stays out of its node's group


class ClusterDetector:
    """Row classifier, pair linker and communities.

    The row classifier says which declarations belong to some cluster; the linker says which nodes
    (importer, pool) belong to the same; communities of the links are the groups.

    Parameters
    ----------
    random_state : int
        Seed of trees and communities.
    n_jobs : int
        Threads.

    Notes
    -----
    A row's own classifier never scores the rows that train the linker: the linker learns from
    probabilities as it will see them. Communities are Louvain's on links above a limit; limit and
    resolution are those with the best B-cubed product on a world that nothing was learned from.

    References
    ----------
    Blondel et al., "Fast unfolding of communities in large networks", J. Stat. Mech. (2008) P10008.
    """

    def __init__(self, random_state: int = 0, n_jobs: int = 1) -> None:
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, worlds: Sequence[KnownWorld]) -> ClusterDetector:
        """Learn from all worlds but the last, and choose limit and resolution on that one.

        Parameters
        ----------
        worlds : sequence of KnownWorld
            At least three.
        """
        *learned, judged = worlds
        rows = [KeyedRows(world.X) for world in learned]
        features = [describe_rows(part) for part in rows]
        known = [world.cluster >= 0 for world in learned]
        pairs, same = [], []
        for i, world in enumerate(learned):
            with step(f"linker, world {i + 1} of {len(learned)}"):
                # Probabilities of rows that the classifier has not seen, as later.
                others = [k for k in range(len(learned)) if k != i]
                model = self._trees(150).fit(
                    np.vstack([features[k] for k in others]),
                    np.concatenate([known[k] for k in others]),
                )
                nodes = choose_nodes(
                    rows[i], _probability(model, features[i]), least=_LEAST_SUSPICION
                )
                pair, compared = candidate_pairs(rows[i], nodes)
                cluster = _cluster_of_nodes(nodes, world.cluster)
                pairs.append(compared)
                same.append(
                    (cluster[pair[:, 0]] == cluster[pair[:, 1]]) & (cluster[pair[:, 0]] >= 0)
                )
        with step("row classifier"):
            self._rows = self._trees(150).fit(np.vstack(features), np.concatenate(known))
        with step("pair linker"):
            self._linker = self._trees(300).fit(np.vstack(pairs), np.concatenate(same))
        with step("choice of the groups' size"):
            links = self._link(judged.X)
            tried = {
                setting: measure_recovery(links.groups(*setting, self.random_state), judged.cluster)
                for setting in product(_LIMITS, _RESOLUTIONS)
            }
            self._setting = max(tried, key=lambda setting: tried[setting].b_cubed)
        return self

    def groups(self, X: pd.DataFrame) -> Group:
        """Return the recovered group of each declaration, -1 for none, shape (n_rows,)."""
        return self._link(X).groups(*self._setting, self.random_state)

    def _link(self, X: pd.DataFrame) -> _Links:
        rows = KeyedRows(X)
        probability = _probability(self._rows, describe_rows(rows))
        nodes = choose_nodes(rows, probability, least=_LEAST_SUSPICION)
        pair, compared = candidate_pairs(rows, nodes)
        return _Links(nodes, probability, pair, _probability(self._linker, compared))

    def _trees(self, n: int) -> LGBMClassifier:
        return LGBMClassifier(
            n_estimators=n,
            learning_rate=0.08,
            num_leaves=31,
            min_child_samples=40,
            colsample_bytree=0.5,
            verbosity=-1,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
        )


@dataclass(frozen=True)
class _Links:
    """Nodes of a world, and the probability that two of them belong to the same cluster."""

    nodes: Nodes
    row_probability: Floats
    pair: npt.NDArray[np.int64]
    probability: Floats

    def groups(self, limit: float, resolution: float, seed: int) -> Group:
        """Return the community of each row's node, -1 for none, shape (n_rows,)."""
        chosen = self.probability >= limit
        graph = nx.Graph()
        graph.add_weighted_edges_from(
            (int(a), int(b), float(p))
            for (a, b), p in zip(self.pair[chosen], self.probability[chosen], strict=True)
        )
        community = np.full(len(self.nodes) + 1, -1, dtype=np.int64)  # the last for no node
        communities = nx.community.louvain_communities(graph, resolution=resolution, seed=seed)
        for number, members in enumerate(communities):
            community[list(members)] = number
        group = community[self.nodes.of_row]
        return np.where(self.row_probability >= _LEAST_ROW, group, -1)


def _cluster_of_nodes(nodes: Nodes, cluster: Group) -> Group:
    """Return the most frequent cluster of each node's rows (-1 counts, too), shape (n_nodes,)."""
    known = nodes.of_row >= 0
    pair, count = np.unique(
        np.stack([nodes.of_row[known], cluster[known]], axis=1), axis=0, return_counts=True
    )
    order = np.argsort(count, kind="stable")
    of_node = np.full(len(nodes), -1, dtype=np.int64)
    of_node[pair[order, 0]] = pair[order, 1]
    return of_node


def _probability(model: LGBMClassifier, features: Floats) -> Floats:
    return np.asarray(model.predict_proba(features), dtype=np.float64)[:, 1]
