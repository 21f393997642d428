"""DATE's network: attention of importer and goods over the cross features of a declaration."""

from __future__ import annotations

import torch
from torch import nn


class DateNetwork(nn.Module):
    """Leaves -> self-attention -> attention of the query -> corrections.

    A leaf's vector is a linear map of its description (conditions, value, size) plus a learned
    vector of its own. A description means the same in every booster, so that boosters of different
    folds share one network. The query consists of importer and HS code (chapter, heading, HS6);
    number 0 is the learned *unknown* of each.

    Parameters
    ----------
    descriptions : Tensor, shape (n_leaves, n_numbers)
        Standardised descriptions of the leaves.
    n_entities : sequence of int
        Sizes of the vocabularies of the query, including the unknown.
    width, n_heads : int
        Size of a vector and number of heads.
    dropout : float
        Dropout rate of leaves and hidden layers.

    Shape
    -----
    leaves : (batch, n_trees) of int64; query : (batch, n_query) of int64
    returns : fraud correction (batch,), severity (batch,), duty (batch,), weights (batch, n_trees)
    """

    def __init__(
        self,
        descriptions: torch.Tensor,
        n_entities: tuple[int, ...],
        width: int = 16,
        n_heads: int = 4,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.register_buffer("descriptions", descriptions)
        self.descriptions: torch.Tensor
        self.describe = nn.Linear(descriptions.shape[1], width)
        self.own = nn.Embedding(len(descriptions), width)
        nn.init.normal_(self.own.weight, std=0.02)
        entities = [nn.Embedding(n, width) for n in n_entities]
        for embedding in entities:
            nn.init.normal_(embedding.weight, std=0.1)
        self.entities = nn.ModuleList(entities)
        self.attend = nn.MultiheadAttention(width, n_heads, dropout=0.0, batch_first=True)
        self.normalise = nn.LayerNorm(width)
        self.ask = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Sequential(nn.Linear(2 * width, 2 * width), nn.ReLU())
        self.heads = nn.Linear(2 * width, 3)
        # The first correction is 0.
        nn.init.zeros_(self.heads.weight)
        nn.init.zeros_(self.heads.bias)

    def forward(
        self, leaves: torch.Tensor, query: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return corrections and weights; see Shape."""
        vectors = self.describe(self.descriptions)[leaves] + self.own(leaves)
        mixed, _ = self.attend(vectors, vectors, vectors, need_weights=False)
        vectors = self.normalise(vectors + mixed)
        asked = torch.stack([embed(query[:, i]) for i, embed in enumerate(self.entities)]).sum(
            dim=0
        )
        scores = (vectors * self.ask(asked)[:, None, :]).sum(dim=2) / vectors.shape[2] ** 0.5
        weights = torch.softmax(scores, dim=1)
        read = (weights[:, :, None] * vectors).sum(dim=1)
        hidden = self.dropout(self.hidden(torch.cat([read, asked], dim=1)))
        fraud, severity, duty = self.heads(hidden).unbind(dim=1)
        return fraud, severity, duty, weights
