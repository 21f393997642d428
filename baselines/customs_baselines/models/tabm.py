"""`tabm`: an ensemble of perceptrons that share nearly all weights."""

from __future__ import annotations

import torch
from tabm import TabM as Network
from torch import nn

from customs_baselines.networks.tabular import TabularNetwork


class _LogOdds(nn.Module):
    """TabM's output, (batch, members, 1), as (batch, members)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.network(features).squeeze(2)
        return found


class TabM(TabularNetwork):
    """TabM of the package `tabm` (see `TabularNetwork` for parameters).

    References
    ----------
    Gorishniy, Kotelnikov, Babenko, TabM: Advancing tabular deep learning with parameter-efficient
    ensembling, ICLR 2025.
    """

    max_steps = 400
    learning_rate = 2e-3

    def make_network(self, features: torch.Tensor) -> nn.Module:
        """Eight members of two layers of 96."""
        return _LogOdds(
            Network.make(
                n_num_features=features.shape[1],
                d_out=1,
                k=8,
                n_blocks=2,
                d_block=96,
                dropout=0.1,
            )
        )


ESTIMATOR = TabM
RECIPE = "kit"
SUMMARY = "TabM: a modern tabular network, many perceptrons in one, over scaled features."
