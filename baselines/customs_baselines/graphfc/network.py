"""The network that weighs messages: from a declaration's messages and features to its log-odds."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any, Final

import torch
from torch import nn

from customs_data.errors import KitError

CONVOLUTIONS: Final = ("relational", "gated_mean", "sage", "attention")


class MessageNetwork(nn.Module):
    """One convolution over the messages to a declaration, then two heads.

    Parameters
    ----------
    n_messages, n_signals : int
        Messages to a declaration, and numbers in each.
    n_features : int
        Numbers of the declaration itself; may be 0.
    convolution : {'relational', 'gated_mean', 'sage', 'attention'}
        ``relational``: a matrix for each kind of message (R-GCN), summed. ``gated_mean``: messages
        embedded with their kind, a sigmoid gate each, averaged. ``sage``: GraphSAGE.
        ``attention``: graph transformer over the messages.
    width : int
        Of hidden layers.
    dropout : float
        Of hidden layers and features.

    Notes
    -----
    Shape: state (n,), messages (n, n_messages, n_signals), features (n, n_features) -> log-odds of
    fraud (n,) and of critical fraud (n,). Before training both are the state: what is learned is
    the correction.

    References
    ----------
    Schlichtkrull et al. (2018), arXiv:1703.06103 (R-GCN); Hamilton et al. (2017), arXiv:1706.02216
    (GraphSAGE); Shi et al. (2021), arXiv:2009.03509 (graph transformer, masked labels).
    """

    def __init__(
        self,
        n_messages: int,
        n_signals: int,
        n_features: int,
        convolution: str,
        width: int = 64,
        dropout: float = 0.4,
    ) -> None:
        super().__init__()
        if convolution not in CONVOLUTIONS:
            raise KitError(
                f"The convolution must be one of {', '.join(CONVOLUTIONS)}, however: "
                f"{convolution!r}."
            )
        self.width = width
        self.convolution = _CONVOLUTIONS[convolution](n_messages, n_signals, width)
        self.features = nn.Linear(n_features, width) if n_features else None
        self.dropout = nn.Dropout(dropout)
        inner = width * (2 if n_features else 1)
        self.norm = nn.LayerNorm(inner)
        self.hidden = nn.Linear(inner, width)
        self.linear = nn.Linear(n_messages * n_signals, 1, bias=False)
        self.heads = nn.Linear(width, 2)
        self.trust = nn.Parameter(torch.tensor([0.9, 0.9]))
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.heads.weight)
        nn.init.zeros_(self.heads.bias)

    def forward(
        self, state: torch.Tensor, messages: torch.Tensor, features: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return log-odds of fraud and of critical fraud."""
        hidden = self.encode(state, messages, features)
        correction = self.linear(messages.flatten(1)) + self.heads(hidden)
        scores = correction + self.trust * state[:, None]
        return scores[:, 0], scores[:, 1]

    def encode(
        self, state: torch.Tensor, messages: torch.Tensor, features: torch.Tensor
    ) -> torch.Tensor:
        """Return what the heads read, shape (n, width)."""
        hidden = torch.relu(self.convolution(state, messages))
        if self.features is not None:
            own = torch.relu(self.features(self.dropout(features)))
            hidden = torch.cat([own, hidden], dim=1)
        hidden = self.dropout(self.norm(hidden))
        encoded: torch.Tensor = self.dropout(torch.relu(self.hidden(hidden)))
        return encoded


def _graph_layers() -> Any:
    """torch_geometric's layers: loaded only where they are used, which takes seconds."""
    with warnings.catch_warnings():
        # Its own modules still call torch.jit.script, which torch has deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        return import_module("torch_geometric.nn")


class _Relational(nn.Module):
    def __init__(self, n_messages: int, n_signals: int, width: int) -> None:
        super().__init__()
        self.matrices = nn.Linear(n_messages * n_signals, width)

    def forward(self, state: torch.Tensor, messages: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.matrices(messages.flatten(1))
        return found


class _Embedded(nn.Module):
    """Messages as vectors: their signals and, added, what kind they are."""

    def __init__(self, n_messages: int, n_signals: int, width: int) -> None:
        super().__init__()
        self.signals = nn.Parameter(torch.randn(n_messages, n_signals, width) * n_signals**-0.5)
        self.kind = nn.Parameter(torch.randn(n_messages, width) * 0.1)
        self.own = nn.Linear(1, width)

    def embed(self, messages: torch.Tensor) -> torch.Tensor:
        """Shape (n, n_messages, width)."""
        return torch.relu(torch.einsum("nms,msw->nmw", messages, self.signals) + self.kind)

    def flatten(self, embedded: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Sources (n * n_messages, width), and edges from each to its declaration."""
        n, n_messages, width = embedded.shape
        receiver = torch.arange(n, device=embedded.device).repeat_interleave(n_messages)
        source = torch.arange(n * n_messages, device=embedded.device)
        return embedded.reshape(-1, width), torch.stack([source, receiver])


class _GatedMean(_Embedded):
    def __init__(self, n_messages: int, n_signals: int, width: int) -> None:
        super().__init__(n_messages, n_signals, width)
        self.gate = nn.Linear(width, 1)

    def forward(self, state: torch.Tensor, messages: torch.Tensor) -> torch.Tensor:
        embedded = self.embed(messages)
        gated = torch.sigmoid(self.gate(embedded)) * embedded
        own: torch.Tensor = self.own(state[:, None])
        # The mean, scaled so that it varies like one message.
        return own + gated.sum(dim=1) / float(messages.shape[1] ** 0.5)


class _Sage(_Embedded):
    def __init__(self, n_messages: int, n_signals: int, width: int) -> None:
        super().__init__(n_messages, n_signals, width)
        self.layer = _graph_layers().SAGEConv((width, width), width)

    def forward(self, state: torch.Tensor, messages: torch.Tensor) -> torch.Tensor:
        sources, edges = self.flatten(self.embed(messages))
        own = self.own(state[:, None])
        found: torch.Tensor = self.layer((sources, own), edges, size=(len(sources), len(own)))
        return found


class _Attention(_Embedded):
    def __init__(self, n_messages: int, n_signals: int, width: int) -> None:
        super().__init__(n_messages, n_signals, width)
        layers = _graph_layers()
        self.layer = layers.TransformerConv((width, width), width // 2, heads=2)

    def forward(self, state: torch.Tensor, messages: torch.Tensor) -> torch.Tensor:
        sources, edges = self.flatten(self.embed(messages))
        own = self.own(state[:, None])
        found: torch.Tensor = self.layer((sources, own), edges)
        return found


_CONVOLUTIONS: Final = {
    "relational": _Relational,
    "gated_mean": _GatedMean,
    "sage": _Sage,
    "attention": _Attention,
}
