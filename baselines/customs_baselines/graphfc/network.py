"""The network that weighs messages: from a declaration's messages and features to its log-odds."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn

WIDTH: Final = 64
# Fraud, and one score that graphfc does not train (baselines/studies/graphfc_variants trains it on
# critical fraud). Without it torch would draw other random numbers, and all scores would change.
_N_SCORES: Final = 2


class RelationalConvolution(nn.Module):
    """One matrix per kind of message, summed (R-GCN).

    Notes
    -----
    Shape: state (n,), messages (n, n_messages, n_signals) -> (n, WIDTH).

    References
    ----------
    Schlichtkrull et al. (2018), arXiv:1703.06103.
    """

    def __init__(self, n_messages: int, n_signals: int) -> None:
        super().__init__()
        self.matrices = nn.Linear(n_messages * n_signals, WIDTH)

    def forward(self, state: torch.Tensor, messages: torch.Tensor) -> torch.Tensor:
        """Return the convolution; the state is not read."""
        convolved: torch.Tensor = self.matrices(messages.flatten(1))
        return convolved


class MessageNetwork(nn.Module):
    """One convolution over the messages to a declaration, then a linear head.

    Parameters
    ----------
    convolution : Module
        Called with state and messages, returns (n, WIDTH); see `RelationalConvolution`.
    n_messages, n_signals : int
        Messages to a declaration, and numbers in each.
    n_features : int
        Numbers of the declaration itself; may be 0.
    dropout : float
        Dropout rate of hidden layers and features.

    Notes
    -----
    Shape: state (n,), messages (n, n_messages, n_signals), features (n, n_features) -> scores
    (n, 2), whose first column is the log-odds of fraud. Before training each score is .9 times the
    state: what is learned is the correction.
    """

    def __init__(
        self,
        convolution: nn.Module,
        n_messages: int,
        n_signals: int,
        n_features: int,
        dropout: float = 0.4,
    ) -> None:
        super().__init__()
        self.convolution = convolution
        self.features = nn.Linear(n_features, WIDTH) if n_features else None
        self.dropout = nn.Dropout(dropout)
        inner = WIDTH * (2 if n_features else 1)
        self.norm = nn.LayerNorm(inner)
        self.hidden = nn.Linear(inner, WIDTH)
        self.linear = nn.Linear(n_messages * n_signals, 1, bias=False)
        self.heads = nn.Linear(WIDTH, _N_SCORES)
        self.trust = nn.Parameter(torch.full((_N_SCORES,), 0.9))
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.heads.weight)
        nn.init.zeros_(self.heads.bias)

    def forward(
        self, state: torch.Tensor, messages: torch.Tensor, features: torch.Tensor
    ) -> torch.Tensor:
        """Return scores; see Notes for shapes."""
        hidden = self.encode(state, messages, features)
        correction = self.linear(messages.flatten(1)) + self.heads(hidden)
        scores: torch.Tensor = correction + self.trust * state[:, None]
        return scores

    def encode(
        self, state: torch.Tensor, messages: torch.Tensor, features: torch.Tensor
    ) -> torch.Tensor:
        """Return what the heads read, shape (n, WIDTH)."""
        hidden = torch.relu(self.convolution(state, messages))
        if self.features is not None:
            own = torch.relu(self.features(self.dropout(features)))
            hidden = torch.cat([own, hidden], dim=1)
        hidden = self.dropout(self.norm(hidden))
        encoded: torch.Tensor = self.dropout(torch.relu(self.hidden(hidden)))
        return encoded
