"""Sums of signals over the links of a graph, as sparse products of torch-geometric's layers."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
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
        self.n_declarations = n = len(data["declaration"].time)
        self.device = device
        self.links = {kind: data["declaration", "to", kind].edge_index for kind in self.kinds}
        self.edges: dict[Edge, torch.Tensor] = {}
        for kind, to in self.links.items():
            weight = torch.ones(to.shape[1], dtype=torch.float64)
            there = adjacency(to, n, self.n_entities[kind], weight)
            back = adjacency(to.flip(0), self.n_entities[kind], n, weight)
            self.edges["declaration", "to", kind] = there.to(device)
            self.edges[kind, "rev_to", "declaration"] = back.to(device)
        # HeteroConv takes the edges that it is given, so one layer serves both directions.
        self.layer = HeteroConv({edge: SimpleConv("sum") for edge in self.edges}, aggr=None)

    def to_entities(self, signals: torch.Tensor) -> dict[str, torch.Tensor]:
        """Sum signals (n_declarations, n) by entity of each kind, shape (n_entities, n)."""
        edges = {edge: self.edges[edge] for edge in self.edges if edge[0] == "declaration"}
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
        # All entities in one matrix: a sparse product each way, and no sum over kinds.
        parts, of_entity, n_entities = [], [], 0
        for kind, strength in strengths.items():
            edges = propagation.links[kind]
            parts.append(torch.stack([edges[0], edges[1] + n_entities]))
            n_entities += propagation.n_entities[kind]
            of_entity.append(torch.full((propagation.n_entities[kind], 1), strength))
        edges = torch.cat(parts, dim=1)
        weight = torch.ones(edges.shape[1], dtype=torch.float64)
        device, n = propagation.device, propagation.n_declarations
        self.strength = torch.cat(of_entity).double().to(device)
        self.there = adjacency(edges, n, n_entities, weight).to(device)
        self.back = adjacency(edges.flip(0), n_entities, n, weight).to(device)
        self.layer = SimpleConv("sum")

    def spread(self, sent: torch.Tensor, inside: torch.Tensor) -> list[torch.Tensor]:
        """Return the signals after each of `ROUNDS`, shape (n_declarations, 3) each.

        Parameters
        ----------
        sent : Tensor of float64, shape (n_declarations, 3)
            Signals before the first round; the last one is kept where there are no links.
        inside : Tensor of float64, shape (n_declarations,)
            1 for declarations that may send, 0 for others: the temporal mask of their edges.
        """
        count = self._sum(inside[:, None], self.there)
        weight = self.strength / count.clamp(min=1.0)
        total = 1e-9 + self._sum(self.strength * (count > 0), self.back)
        # Declarations without links keep their own score and receive no labels.
        alone = total < 1e-6
        kept = sent * torch.tensor([0.0, 0.0, 1.0], dtype=sent.dtype, device=sent.device)
        signals, rounds = sent, []
        for step in range(1, max(ROUNDS) + 1):
            means = weight * self._sum(signals * inside[:, None], self.there)
            signals = torch.where(alone, kept, self._sum(means, self.back) / total)
            if step in ROUNDS:
                rounds.append(signals)
        return rounds

    def _sum(self, signals: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
        received: torch.Tensor = self.layer((signals, None), edges)
        return received
