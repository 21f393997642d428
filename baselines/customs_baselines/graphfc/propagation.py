"""Sums of signals over the links of a graph, as sparse products of torch-geometric's layers."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Final

import torch
from torch import nn
from torch_geometric.data import HeteroData
from torch_geometric.nn import HeteroConv, SimpleConv
from torch_geometric.utils import to_torch_csr_tensor

#: Rounds after which a walk is read.
ROUNDS: Final = (2, 4, 8)
Edge = tuple[str, str, str]


def adjacency(edges: torch.Tensor, n_from: int, n_to: int, weight: torch.Tensor) -> torch.Tensor:
    """Return edges (2, n_edges) as a sparse matrix, a row per receiver, shape (n_to, n_from)."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse", UserWarning)  # "in beta state"
        matrix: torch.Tensor = to_torch_csr_tensor(edges.flip(0), weight, size=(n_to, n_from))
    return matrix


class Propagation(nn.Module):
    """Sums along the edges of a graph, with nothing to learn.

    Learning comes after it (SIGN, Frasca et al. 2020, arXiv:2004.11198): a declaration's
    surroundings become a fixed number of messages, so that batches of declarations need no sampler
    of neighbours, and memory is linear in the number of links.

    Parameters
    ----------
    data : HeteroData
        From `customs_data.graph.link_declarations`, with edges in both directions.
    device : torch.device
    """

    def __init__(self, data: HeteroData, device: torch.device) -> None:
        super().__init__()
        self.kinds = [kind for kind in data.node_types if kind != "declaration"]
        self.n_entities = {kind: data[kind].num_nodes for kind in self.kinds}
        n = len(data["declaration"].time)
        self.edges: dict[Edge, torch.Tensor] = {}
        for kind in self.kinds:
            to = data["declaration", "to", kind].edge_index
            weight = torch.ones(to.shape[1], dtype=torch.float64)
            there = adjacency(to, n, self.n_entities[kind], weight)
            back = adjacency(to.flip(0), self.n_entities[kind], n, weight)
            self.edges["declaration", "to", kind] = there.to(device)
            self.edges[kind, "rev_to", "declaration"] = back.to(device)
        # HeteroConv takes the edges that it is given, so one layer serves both directions.
        self.layer = HeteroConv({edge: SimpleConv("sum") for edge in self.edges}, aggr=None)

    def to_entities(
        self, signals: torch.Tensor, kinds: Sequence[str] | None = None
    ) -> dict[str, torch.Tensor]:
        """Sum signals (n_declarations, n) by entity of each kind, shape (n_entities, n)."""
        chosen = {("declaration", "to", k): None for k in kinds or self.kinds}
        edges = {edge: self.edges[edge] for edge in chosen}
        sums: dict[str, torch.Tensor] = self.layer({"declaration": signals}, edges)
        return {kind: value[:, 0] for kind, value in sums.items()}

    def to_declarations(self, signals: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return what each declaration's entities send, shape (n_declarations, n_kinds, n)."""
        edges = {
            (k, "rev_to", "declaration"): self.edges[k, "rev_to", "declaration"] for k in signals
        }
        received: torch.Tensor = self.layer(dict(signals), edges)["declaration"]
        return received


class Walk:
    """Several rounds of signals, from declarations to entities and back.

    Parameters
    ----------
    propagation : Propagation
    strengths : mapping of str to float
        Strength of the links of each kind; a declaration takes the weighted mean over its links.
    """

    def __init__(self, propagation: Propagation, strengths: Mapping[str, float]) -> None:
        self.propagation = propagation
        self.strengths = strengths

    def spread(self, sent: torch.Tensor, inside: torch.Tensor) -> list[torch.Tensor]:
        """Return the signals after each of `ROUNDS`, shape (n_declarations, 3) each.

        Parameters
        ----------
        sent : Tensor of float64, shape (n_declarations, 3)
            Signals before the first round; the last one is kept where there are no links.
        inside : Tensor of float64, shape (n_declarations,)
            1 for declarations that may send, 0 for others: the temporal mask of their edges.
        """
        propagation, kinds = self.propagation, list(self.strengths)
        count = propagation.to_entities(inside[:, None], kinds)
        weight = {k: self.strengths[k] / count[k].clamp(min=1.0) for k in kinds}
        linked = {k: self.strengths[k] * (count[k] > 0).to(sent.dtype) for k in kinds}
        total = 1e-9 + propagation.to_declarations(linked).sum(dim=1)
        # Declarations without links keep their own score and receive no labels.
        alone = total < 1e-6
        kept = sent * torch.tensor([0.0, 0.0, 1.0], dtype=sent.dtype, device=sent.device)
        signals, rounds = sent, []
        for step in range(1, max(ROUNDS) + 1):
            sums = propagation.to_entities(signals * inside[:, None], kinds)
            means = {k: weight[k] * sums[k] for k in kinds}
            signals = propagation.to_declarations(means).sum(dim=1) / total
            signals = torch.where(alone, kept, signals)
            if step in ROUNDS:
                rounds.append(signals)
        return rounds
