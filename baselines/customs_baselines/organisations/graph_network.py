"""A graph network over importers and what they use; its embeddings are close within networks."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn.functional import normalize
from torch_geometric.nn import SimpleConv

from customs_baselines.organisations.importers import (
    DECLARANT,
    PORT,
    PRODUCT,
    SELLER,
    Importers,
    Key,
)

Codes = npt.NDArray[np.int64]

#: Kinds of nodes beside importers.
_NODES: Final[tuple[Key, ...]] = (
    (SELLER,), (DECLARANT,), (SELLER, DECLARANT), (DECLARANT, PRODUCT, PORT),
    (DECLARANT, "Chapter", PORT), (DECLARANT, "Office ID", PORT), (PRODUCT, PORT), (PRODUCT,),
    ("Office ID",), (PORT, "Chapter"), ("Mode of Transport", "Import Type"),
    ("Import Use", "Payment Type"), ("Country of Origin Indicator",),
)  # fmt: skip
_TEMPERATURE: Final = 0.1
_MOST_ALONE: Final = 1500
_LEARNING_RATE: Final = 0.01


class ImporterGraph:
    """Edges between importers and what they use, and numbers of each importer.

    Attributes
    ----------
    edges : list of Tensor of int64, each of shape (2, n_edges)
        Importer and value, by kind of node. Values of a single importer are left out.
    sizes : list of int
        Values of each kind.
    numbers : Tensor of float32, shape (n_importers, 4)
        Size, first and last day, price; standardised.
    """

    def __init__(self, importers: Importers) -> None:
        self.edges: list[torch.Tensor] = []
        self.sizes: list[int] = []
        for key in _NODES:
            counts = importers.counts(key).tocoo()
            row, column = (it.astype(np.int64) for it in counts.coords)
            is_shared = np.bincount(column, minlength=counts.shape[1]) > 1
            number = np.cumsum(is_shared) - 1
            kept = is_shared[column]
            self.edges.append(torch.from_numpy(np.stack([row[kept], number[column[kept]]])))
            self.sizes.append(max(int(is_shared.sum()), 1))
        columns = [np.log(importers.n_rows), importers.first, importers.last, importers.price]
        table = np.column_stack(columns)
        table = (table - table.mean(axis=0)) / np.maximum(table.std(axis=0), 1e-9)
        self.numbers = torch.from_numpy(table.astype(np.float32))

    def __len__(self) -> int:
        return len(self.numbers)


class GraphNetwork(nn.Module):
    """Embeddings of importers after two rounds of messages.

    An importer first reads embeddings of what it uses. Then each value reads the mean of its
    importers, and the importer the mean of its values.

    Parameters
    ----------
    sizes : list of int
        Values of each kind of node.
    width : int
        Length of the embeddings.
    dropout : float
        Share of the edges left out in each step of training.

    Shape
    -----
    Input: an `ImporterGraph`. Output: (n_importers, width), of length 1.
    """

    def __init__(self, sizes: list[int], width: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.values = nn.ModuleList(nn.Embedding(size, width) for size in sizes)
        self.numbers = nn.Linear(4, width)
        self.mean = SimpleConv(aggr="mean")
        self.read = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in sizes)
        self.hidden = nn.Sequential(nn.LayerNorm(width), nn.ReLU(), nn.Linear(width, width))
        self.hear = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in sizes)
        self.output = nn.Sequential(nn.LayerNorm(width), nn.ReLU(), nn.Linear(width, width))

    def forward(self, graph: ImporterGraph) -> torch.Tensor:
        """Return the embedding of each importer."""
        n = len(graph)
        edges = [self._some(edge) for edge in graph.edges]
        own = self.numbers(graph.numbers)
        for read, table, edge, size in zip(self.read, self.values, edges, graph.sizes, strict=True):
            own = own + read(self.mean((table.weight, None), edge.flip(0), size=(size, n)))
        hidden = self.hidden(own)
        heard = own + hidden
        for hear, edge, size in zip(self.hear, edges, graph.sizes, strict=True):
            of_value = self.mean((hidden, None), edge, size=(n, size))
            heard = heard + hear(self.mean((of_value, None), edge.flip(0), size=(size, n)))
        return normalize(self.output(heard), dim=1)

    def _some(self, edge: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return edge
        return edge[:, torch.rand(edge.shape[1]) >= self.dropout]


class ContrastiveTraining:
    """Training that places known members of one network close together, and far from all others.

    Parameters
    ----------
    graph : ImporterGraph
    width : int
        Length of the embeddings.
    dropout : float
        Share of the edges left out in each step.
    generator : torch.Generator
        Draws the lone importers of each step.

    Attributes
    ----------
    is_trained : bool
        Whether there were known members to learn from.

    References
    ----------
    Khosla et al., 'Supervised Contrastive Learning', NeurIPS 2020.
    """

    def __init__(
        self, graph: ImporterGraph, width: int, dropout: float, generator: torch.Generator
    ) -> None:
        self._graph = graph
        self._generator = generator
        self.is_trained = False
        self._network = GraphNetwork(graph.sizes, width, dropout)
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(), lr=_LEARNING_RATE, weight_decay=0.01
        )

    def train(self, known: Codes, n_steps: int) -> None:
        """Train some steps more.

        Parameters
        ----------
        known : ndarray of int64, shape (n_importers,)
            Known groups, -1 where asked. Lone importers are only what others differ from.
        n_steps : int
        """
        members, alone = (torch.from_numpy(it) for it in _members(known))
        if not len(members):
            return
        self.is_trained = True
        group = torch.from_numpy(known)[members]
        self._network.train()
        for _ in range(n_steps):
            self._optimizer.zero_grad()
            embedding = self._network(self._graph)
            drawn = torch.randperm(len(alone), generator=self._generator)[:_MOST_ALONE]
            loss = _contrastive_loss(embedding[members], group, embedding[alone[drawn]])
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()

    def embeddings(self) -> npt.NDArray[np.float32]:
        """Return the embedding of each importer, (n_importers, width)."""
        self._network.eval()
        with torch.no_grad():
            return np.asarray(self._network(self._graph).numpy())


def _members(known: Codes) -> tuple[Codes, Codes]:
    """Return known importers whose group has several known members, and the other known ones."""
    size = np.bincount(known[known >= 0], minlength=1)
    has_others = (known >= 0) & (size[known] > 1)
    return np.flatnonzero(has_others), np.flatnonzero((known >= 0) & ~has_others)


def _contrastive_loss(
    embedding: torch.Tensor, group: torch.Tensor, others: torch.Tensor
) -> torch.Tensor:
    n = len(embedding)
    likeness = embedding @ torch.cat([embedding, others]).T / _TEMPERATURE
    likeness[torch.arange(n), torch.arange(n)] = -torch.inf
    log_share = likeness - torch.logsumexp(likeness, dim=1, keepdim=True)
    same = group[:, None] == group[None, :]
    same.fill_diagonal_(False)
    return -(log_share[:, :n].masked_fill(~same, 0.0).sum(dim=1) / same.sum(dim=1)).mean()
