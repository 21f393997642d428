"""`mlp`: a plain multi-layer perceptron."""

from __future__ import annotations

import torch
from torch import nn

from customs_baselines.networks.tabular import TabularNetwork


class MLP(TabularNetwork):
    """Two hidden layers with dropout (see `TabularNetwork` for parameters)."""

    def make_network(self, features: torch.Tensor) -> nn.Module:
        """Layers of 128 and 64."""
        return nn.Sequential(
            nn.Linear(features.shape[1], 128),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(128, 64),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(64, 1),
        )


ESTIMATOR = MLP
RECIPE = "kit"
SUMMARY = "A plain neural network over scaled features."
