"""A few message networks trained alike from different seeds; their mean log-odds are the score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from customs_baselines.graphfc.network import MessageNetwork
from customs_baselines.graphfc.pretraining import pretrain
from customs_baselines.networks.device import choose_device, repeatable
from customs_baselines.networks.training_by_steps import Schedule, train

Floats = npt.NDArray[np.float32]

_CHUNK: Final = 65_536  # declarations scored at a time


@dataclass(frozen=True)
class Examples:
    """What a network learns from or scores.

    Attributes
    ----------
    start : ndarray of float32, shape (n_examples,)
        Log-odds that are corrected.
    messages : ndarray of float32, shape (n_examples, n_messages, n_signals)
    features : ndarray of float32, shape (n_declarations, n_features)
    row : ndarray of int64, shape (n_examples,)
        The example's row of `features`.
    """

    start: Floats
    messages: Floats
    features: Floats
    row: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Unlabelled:
    """Examples to pre-train on, whether labelled or not.

    Attributes
    ----------
    examples : Examples
    partner : ndarray of int64, shape (n_examples,)
        Position of an example that shares a trader, -1 for none.
    """

    examples: Examples
    partner: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Task:
    """What is learned.

    Attributes
    ----------
    convolution : str
        See `MessageNetwork`.
    caution : float
        Weight of the mean squared correction in the loss: with few labels the start is better
        known than anything that could be learned about it.
    critical_weight : float
        Weight of the second head's loss, critical fraud; 0 for none.
    schedule : Schedule
    pretraining : str
        See `pretrain`; ``none`` for none.
    """

    convolution: str
    caution: float
    critical_weight: float
    schedule: Schedule
    pretraining: str = "none"


class Committee:
    """Networks that score together.

    Parameters
    ----------
    n_networks : int
        How many.
    random_state, n_jobs : int
        Seed of the first network, threads.
    device : str
        See `choose_device`.
    """

    def __init__(self, n_networks: int, random_state: int, n_jobs: int, device: str) -> None:
        self.n_networks = n_networks
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.device = device

    def fit(
        self,
        examples: Examples,
        y: Floats,
        y_critical: Floats,
        task: Task,
        unlabelled: Unlabelled | None = None,
    ) -> Committee:
        """Train; `y` and `y_critical`, shape (n_examples,), are 0 or 1 (critical: NaN unknown)."""
        device = choose_device(self.device)
        everyone = None
        if unlabelled is not None:
            partner = torch.as_tensor(unlabelled.partner, device=device)
            rows = torch.arange(len(partner), device=device)
            everyone = _pick(_to(unlabelled.examples, device), rows), partner
        self.pretraining_losses_: list[list[float]] = []
        n_messages, n_signals = examples.messages.shape[1:]
        n_features = examples.features.shape[1]
        held = _to(examples, device)
        fraud = torch.as_tensor(y, device=device)
        critical = torch.as_tensor(y_critical, device=device)
        self.networks_ = []
        for i in range(self.n_networks):
            with repeatable(self.random_state + i, self.n_jobs, device) as generator:
                network = MessageNetwork(n_messages, n_signals, n_features, task.convolution)
                network = network.to(device)
                if everyone is not None:
                    losses = pretrain(network, *everyone, task.pretraining, generator)
                    self.pretraining_losses_.append(losses)

                def loss_of(batch: torch.Tensor, network: MessageNetwork = network) -> torch.Tensor:
                    start, messages, features = _pick(held, batch.to(device))
                    score, second = network(start, messages, features)
                    truth = fraud[batch]
                    loss: torch.Tensor = binary_cross_entropy_with_logits(score, truth)
                    loss = loss + task.caution * ((score - start) ** 2).mean()
                    known = torch.isfinite(critical[batch])
                    if task.critical_weight and bool(known.any()):
                        other = binary_cross_entropy_with_logits(
                            second[known], critical[batch][known]
                        )
                        loss = loss + task.critical_weight * other
                    return loss

                train(network, len(y), loss_of, task.schedule, generator)
                self.networks_.append(network.cpu())
        return self

    def score(self, examples: Examples) -> npt.NDArray[np.float64]:
        """Mean log-odds of fraud, shape (n_examples,)."""
        device = choose_device(self.device)
        found = np.zeros(len(examples.start))
        held = _to(examples, device)
        for network in self.networks_:
            with repeatable(self.random_state, self.n_jobs, device), torch.no_grad():
                network.to(device)
                for first in range(0, len(found), _CHUNK):
                    batch = torch.arange(first, min(first + _CHUNK, len(found)), device=device)
                    score, _ = network(*_pick(held, batch))
                    found[first : first + _CHUNK] += score.double().cpu().numpy()
                network.cpu()
        return found / self.n_networks


def _to(examples: Examples, device: torch.device) -> tuple[torch.Tensor, ...]:
    parts = (examples.start, examples.messages, examples.features, examples.row)
    return tuple(torch.as_tensor(part, device=device) for part in parts)


def _pick(
    held: tuple[torch.Tensor, ...], batch: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    start, messages, features, row = held
    return start[batch], messages[batch], features[row[batch]]
