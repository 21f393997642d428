"""`graph`: a graph network with contrastive pairs; groups of importers with close embeddings."""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
import torch

from customs_baselines.networks.device import repeatable
from customs_baselines.organisations.graph_network import ContrastiveTraining, ImporterGraph
from customs_baselines.organisations.grouping_model import GroupingModel
from customs_baselines.organisations.importers import Importers
from customs_baselines.organisations.known import choose_setting, hide_some
from customs_baselines.organisations.linkage import join_groups
from customs_baselines.organisations.pairs import Pairs, compare_pairs
from customs_baselines.steps import step

Codes = npt.NDArray[np.int64]

#: Cosine at which a pair begins to count, and the limit of the groups.
_LIMITS: Final = tuple(product((0.5, 0.7), (0.05, 0.1, 0.2)))


class GraphModel(GroupingModel):
    """Embeddings of a graph network, then average linkage of pairs that share something rare.

    The network learns to place known members of one organisation close together and far from all
    others. How close counts is chosen by known members that are hidden.

    Parameters
    ----------
    width : int
        Length of an embedding.
    n_steps : int
        Steps of training, each over all known importers; a third more once the limits are chosen.
    dropout : float
        Share of the edges left out in each step.
    random_state : int
        Seed of the network and of the members that are hidden to choose the limits.
    n_jobs : int
        Threads.
    """

    def __init__(
        self,
        width: int = 32,
        n_steps: int = 45,
        dropout: float = 0.3,
        random_state: int = 0,
        n_jobs: int = 1,
    ) -> None:
        self.width = width
        self.n_steps = n_steps
        self.dropout = dropout
        self.random_state = random_state
        self.n_jobs = n_jobs

    def find_groups(self, importers: Importers, known: Codes) -> Codes:
        """See `GroupingModel.find_groups`."""
        with step("pairs of importers"):
            pairs = compare_pairs(importers)
        graph = ImporterGraph(importers)
        some, asked = hide_some(known, self.random_state)
        with repeatable(self.random_state, self.n_jobs, torch.device("cpu")) as generator:
            training = ContrastiveTraining(graph, self.width, self.dropout, generator)
            with step("graph network without hidden members"):
                training.train(some, self.n_steps)
                cosine = _cosines(pairs, training.embeddings())

            def group(limits: tuple[float, float]) -> Codes:
                return _group(pairs, cosine, some, *limits)

            self.limits_ = choose_setting(_LIMITS, group, known, asked)
            with step("graph network with all known members"):
                training.train(known, self.n_steps // 3)
                cosine = _cosines(pairs, training.embeddings())
            if not training.is_trained:  # nobody's distance means anything
                return np.arange(len(importers))
        return _group(pairs, cosine, known, *self.limits_)


def _cosines(pairs: Pairs, embedding: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    cosine = np.einsum("ij,ij->i", embedding[pairs.a], embedding[pairs.b])
    return np.asarray(cosine, dtype=np.float64)


def _group(
    pairs: Pairs, cosine: npt.NDArray[np.float64], known: Codes, least: float, limit: float
) -> Codes:
    close = cosine > least
    likeness = (cosine[close] - least) / (1.0 - least)
    return join_groups(len(known), pairs.a[close], pairs.b[close], likeness, limit, known)


ESTIMATOR = GraphModel
RECIPE = None
SUMMARY = "Graph network with contrastive pairs: importers of one network have close embeddings."
