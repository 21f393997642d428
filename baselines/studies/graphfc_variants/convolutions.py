"""Convolutions over the messages to a declaration, in place of `RelationalConvolution`.

Each takes state (n,) and messages (n, n_messages, n_signals) and returns (n, WIDTH).
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import torch
from torch import nn

from customs_baselines.graphfc.ensemble import NetworkEnsemble
from customs_baselines.graphfc.network import WIDTH, MessageNetwork


class ConvolutionEnsemble(NetworkEnsemble):
    """Networks with a given class of convolution; see `NetworkEnsemble`."""

    def __init__(self, convolution: type[nn.Module], *settings: Any) -> None:
        super().__init__(*settings)
        self.convolution = convolution

    def make_network(self, n_messages: int, n_signals: int, n_features: int) -> MessageNetwork:
        """Return an untrained network."""
        convolution = self.convolution(n_messages, n_signals)
        return MessageNetwork(convolution, n_messages, n_signals, n_features)


def _graph_layers() -> Any:
    """Import torch_geometric's layers, which takes seconds."""
    with warnings.catch_warnings():
        # Its own modules still call torch.jit.script, which torch has deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        return import_module("torch_geometric.nn")


class _Embedded(nn.Module):
    """Messages as vectors: a map of their signals, plus a vector of their kind."""

    def __init__(self, n_messages: int, n_signals: int) -> None:
        super().__init__()
        self.signals = nn.Parameter(torch.randn(n_messages, n_signals, WIDTH) * n_signals**-0.5)
        self.kind = nn.Parameter(torch.randn(n_messages, WIDTH) * 0.1)
        self.own = nn.Linear(1, WIDTH)

    def embed(self, messages: torch.Tensor) -> torch.Tensor:
        """Shape (n, n_messages, WIDTH)."""
        return torch.relu(torch.einsum("nms,msw->nmw", messages, self.signals) + self.kind)

    def flatten(self, embedded: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Sources (n * n_messages, WIDTH), and edges from each to its declaration."""
        n, n_messages, width = embedded.shape
        receiver = torch.arange(n, device=embedded.device).repeat_interleave(n_messages)
        source = torch.arange(n * n_messages, device=embedded.device)
        return embedded.reshape(-1, width), torch.stack([source, receiver])


class GatedMeans(_Embedded):
    """A sigmoid gate per message, then their mean."""

    def __init__(self, n_messages: int, n_signals: int) -> None:
        super().__init__(n_messages, n_signals)
        self.gate = nn.Linear(WIDTH, 1)

    def forward(self, state: torch.Tensor, messages: torch.Tensor) -> torch.Tensor:
        """Return the convolution."""
        embedded = self.embed(messages)
        gated = torch.sigmoid(self.gate(embedded)) * embedded
        own: torch.Tensor = self.own(state[:, None])
        # The mean, scaled so that it varies like one message.
        return own + gated.sum(dim=1) / float(messages.shape[1] ** 0.5)


class Sage(_Embedded):
    """GraphSAGE (Hamilton et al. 2017, arXiv:1706.02216)."""

    def __init__(self, n_messages: int, n_signals: int) -> None:
        super().__init__(n_messages, n_signals)
        self.layer = _graph_layers().SAGEConv((WIDTH, WIDTH), WIDTH)

    def forward(self, state: torch.Tensor, messages: torch.Tensor) -> torch.Tensor:
        """Return the convolution."""
        sources, edges = self.flatten(self.embed(messages))
        own = self.own(state[:, None])
        means: torch.Tensor = self.layer((sources, own), edges, size=(len(sources), len(own)))
        return means


class Attention(_Embedded):
    """Graph transformer (Shi et al. 2021, arXiv:2009.03509)."""

    def __init__(self, n_messages: int, n_signals: int) -> None:
        super().__init__(n_messages, n_signals)
        self.layer = _graph_layers().TransformerConv((WIDTH, WIDTH), WIDTH // 2, heads=2)

    def forward(self, state: torch.Tensor, messages: torch.Tensor) -> torch.Tensor:
        """Return the convolution."""
        sources, edges = self.flatten(self.embed(messages))
        attended: torch.Tensor = self.layer((sources, self.own(state[:, None])), edges)
        return attended
