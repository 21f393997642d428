"""A few message networks, trained alike from different seeds; the score is their mean log-odds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from customs_baselines.graphfc.network import MessageNetwork, RelationalConvolution
from customs_baselines.networks.device import choose_device, repeatable
from customs_baselines.networks.training_by_steps import Schedule, train
from customs_baselines.steps import step

Floats = npt.NDArray[np.float32]

_CHUNK: Final = 65_536  # declarations scored at a time


@dataclass(frozen=True)
class Examples:
    """What a network learns from or scores.

    Attributes
    ----------
    state : ndarray of float32, shape (n_examples,)
        Own score, as log-odds.
    start : ndarray of float32, shape (n_examples,)
        Log-odds to be corrected.
    messages : ndarray of float32, shape (n_examples, n_messages, n_signals)
    features : ndarray of float32, shape (n_declarations, n_features)
    row : ndarray of int64, shape (n_examples,)
        The example's row of `features`.
    """

    state: Floats
    start: Floats
    messages: Floats
    features: Floats
    row: npt.NDArray[np.int64]

    def pick(self, some: slice | npt.NDArray[np.int64]) -> Examples:
        """Return some of the examples."""
        return replace(
            self,
            state=self.state[some],
            start=self.start[some],
            messages=self.messages[some],
            row=self.row[some],
        )

    def to(self, device: torch.device) -> ExampleTensors:
        """Copy the arrays to a device."""
        arrays = (self.start, self.messages, self.features, self.row)
        return ExampleTensors(*(torch.as_tensor(array, device=device) for array in arrays))


@dataclass(frozen=True)
class ExampleTensors:
    """Examples on a device."""

    start: torch.Tensor
    messages: torch.Tensor
    features: torch.Tensor
    row: torch.Tensor

    def pick(self, batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return start, messages and features of some examples: a network's input."""
        return self.start[batch], self.messages[batch], self.features[self.row[batch]]


@dataclass(frozen=True)
class TrainingSettings:
    """How the networks learn.

    Attributes
    ----------
    caution : float
        Weight of the mean squared correction in the loss: with few labels the start is more certain
        than anything that could be learned about it.
    schedule : Schedule
        Steps and learning rate.
    """

    caution: float
    schedule: Schedule

    def loss(self, score: torch.Tensor, start: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of the score, plus the weighted correction."""
        loss: torch.Tensor = cross_entropy(score, truth)
        return loss + self.caution * ((score - start) ** 2).mean()


class NetworkEnsemble:
    """Networks that score together.

    Parameters
    ----------
    n_networks : int
    random_state : int
        Seed of the first network; the next one has the next seed.
    n_jobs : int
        Threads.
    device : str
        See `choose_device`.
    """

    def __init__(self, n_networks: int, random_state: int, n_jobs: int, device: str) -> None:
        self.n_networks = n_networks
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.device = device

    def fit(self, examples: Examples, y: Floats, settings: TrainingSettings) -> Self:
        """Train; `y`, shape (n_examples,), is 1 for fraud and 0 for honest."""
        device = choose_device(self.device)
        sizes = (*examples.messages.shape[1:], examples.features.shape[1])
        tensors, truth = examples.to(device), torch.as_tensor(y, device=device)
        self.networks_ = []
        for i in range(self.n_networks):
            name = f"network {i + 1} of {self.n_networks}"
            with step(name), repeatable(self.random_state + i, self.n_jobs, device) as generator:
                network = self.make_network(*sizes).to(device)
                self.train_network(network, tensors, truth, settings, generator)
                self.networks_.append(network.cpu())
        return self

    def make_network(self, n_messages: int, n_signals: int, n_features: int) -> MessageNetwork:
        """Return an untrained network."""
        convolution = RelationalConvolution(n_messages, n_signals)
        return MessageNetwork(convolution, n_messages, n_signals, n_features)

    def train_network(
        self,
        network: MessageNetwork,
        examples: ExampleTensors,
        truth: torch.Tensor,
        settings: TrainingSettings,
        generator: torch.Generator,
    ) -> None:
        """Train one network in place."""

        def loss_of(batch: torch.Tensor) -> torch.Tensor:
            start, messages, features = examples.pick(batch.to(truth.device))
            scores = network(start, messages, features)
            return settings.loss(scores[:, 0], start, truth[batch])

        train(network, len(truth), loss_of, settings.schedule, generator)

    def score(self, examples: Examples) -> npt.NDArray[np.float64]:
        """Mean log-odds of fraud, shape (n_examples,)."""
        device = choose_device(self.device)
        total = np.zeros(len(examples.start))
        tensors = examples.to(device)
        for network in self.networks_:
            with repeatable(self.random_state, self.n_jobs, device), torch.no_grad():
                network.to(device)
                for first in range(0, len(total), _CHUNK):
                    batch = torch.arange(first, min(first + _CHUNK, len(total)), device=device)
                    scores = network(*tensors.pick(batch))
                    total[first : first + _CHUNK] += scores[:, 0].double().cpu().numpy()
                network.cpu()
        return total / self.n_networks
