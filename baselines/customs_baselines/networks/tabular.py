"""Networks over a table of features: a perceptron, and TabM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import tabm
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from customs_baselines.networks.device import choose_device, repeatable
from customs_baselines.networks.training_by_steps import Schedule, train

Floats = npt.NDArray[np.float64]

_CHUNK: Final = 16_384  # declarations scored at a time
_FAR: Final = 3.0  # standard deviations that scaled values approach but never reach
_FEWEST_STEPS: Final = 50


@dataclass(frozen=True)
class NetworkSettings:
    """Layers and training of a network.

    Attributes
    ----------
    n_members : int
        Perceptrons in one TabM, each with its own loss; 1 for a plain perceptron.
    width, n_layers : int
        Hidden units per layer, hidden layers.
    dropout : float
    n_epochs : float
        Passes over the labelled rows, not steps, because such a network soon overfits few rows.
    batch_size, learning_rate, weight_decay
        See `Schedule`.
    """

    n_members: int = 1
    width: int = 128
    n_layers: int = 2
    dropout: float = 0.2
    n_epochs: float = 8.0
    batch_size: int = 256
    learning_rate: float = 3e-3
    weight_decay: float = 0.05

    def build(self, n_features: int) -> nn.Module:
        """Return the network; log-odds have shape (n, n_members, 1), or (n, 1) with one member."""
        hidden = {"n_blocks": self.n_layers, "d_block": self.width, "dropout": self.dropout}
        if self.n_members > 1:
            network: nn.Module = tabm.TabM.make(
                n_num_features=n_features, d_out=1, k=self.n_members, **hidden
            )
            return network
        return nn.Sequential(tabm.MLPBackbone(d_in=n_features, **hidden), nn.Linear(self.width, 1))

    def schedule(self, n_rows: int) -> Schedule:
        """Return the training in steps, with a minimum for few rows."""
        n_steps = max(_FEWEST_STEPS, round(self.n_epochs * n_rows / self.batch_size))
        return Schedule(n_steps, self.batch_size, self.learning_rate, self.weight_decay)


class TabularNetwork(ClassifierMixin, BaseEstimator):
    """A network over standardised features, with far values compressed smoothly.

    Parameters
    ----------
    settings : NetworkSettings
    random_state : int
        Seed of first weights, dropout and batches.
    device : {'auto', 'cpu', 'cuda'}
    n_jobs : int
        Threads on the CPU.

    Notes
    -----
    Rows are first sorted by their values, so that their order in the file changes nothing.

    References
    ----------
    Gorishniy et al., TabM: Advancing tabular deep learning with parameter-efficient ensembling,
    ICLR 2025; layers of its authors' package. Holzmüller et al., Better by default, NeurIPS 2024
    (far values).
    """

    def __init__(
        self,
        settings: NetworkSettings,
        random_state: int = 0,
        device: str = "auto",
        n_jobs: int = 1,
    ) -> None:
        self.settings = settings
        self.random_state = random_state
        self.device = device
        self.n_jobs = n_jobs

    def fit(self, features: Floats, y: npt.NDArray[np.int8]) -> Self:
        """Learn; shapes (n_rows, n_features) and (n_rows,), labels 0 and 1."""
        order = np.lexsort((y, *features.T))
        features, y = features[order], y[order]
        self.scaler_ = StandardScaler().set_output(transform="default").fit(features)
        scaled = self._scaled(features)
        device = choose_device(self.device)
        with repeatable(self.random_state, self.n_jobs, device) as generator:
            network = self.settings.build(features.shape[1]).to(device)
            inputs = torch.as_tensor(scaled, dtype=torch.float32, device=device)
            fraud = torch.as_tensor(y, dtype=torch.float32, device=device)

            def loss_of(batch: torch.Tensor) -> torch.Tensor:
                chosen = batch.to(device)
                scores = network(inputs[chosen]).flatten(1)
                truth = fraud[chosen, None].expand_as(scores)
                return binary_cross_entropy_with_logits(scores, truth)

            train(network, len(y), loss_of, self.settings.schedule(len(y)), generator)
            self.network_ = network.cpu()
        self.classes_ = np.array([0, 1])
        return self

    def _scaled(self, features: Floats) -> Floats:
        scaled: Floats = self.scaler_.transform(features)
        return scaled / np.sqrt(1 + (scaled / _FAR) ** 2)

    def predict_proba(self, features: Floats) -> Floats:
        """Return the members' mean probabilities, shape (n_rows, 2): honest, fraud."""
        device = choose_device(self.device)
        fraud = np.empty(len(features))
        with repeatable(self.random_state, self.n_jobs, device), torch.no_grad():
            network = self.network_.to(device)
            for first in range(0, len(features), _CHUNK):
                rows = self._scaled(features[first : first + _CHUNK])
                scaled = torch.as_tensor(rows, dtype=torch.float32, device=device)
                mean = torch.sigmoid(network(scaled).flatten(1).double()).mean(dim=1)
                fraud[first : first + _CHUNK] = mean.cpu().numpy()
            network.cpu()
        return np.column_stack([1 - fraud, fraud])
