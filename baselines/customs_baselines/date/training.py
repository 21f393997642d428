"""Training of DATE's network: by steps, stopped early on the latest labelled declarations."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from customs_baselines.date.network import DateNetwork

# Steps, and declarations per step: the same for few labels and for many.
_MOST_STEPS: Final = 300
_BATCH_SIZE: Final = 256
# Steps between two validations, and validations without a gain before training stops.
_CHECK_EVERY: Final = 25
_PATIENCE: Final = 4
_LEARNING_RATE: Final = 3e-3
_WEIGHT_DECAY: Final = 1e-2
_ENTITY_DROPOUT: Final = 0.3  # share of the query's parts that training replaces by the unknown
_SECOND_TASK: Final = 0.1  # weight of severity and duty in the loss


@dataclass(frozen=True)
class LabelledTensors:
    """Labelled declarations as tensors; the first axis is the declaration.

    Attributes
    ----------
    margin : Tensor of float32
        Out-of-fold log-odds of the boosters.
    leaves, query : Tensor of int64, shapes (n, n_trees), (n, n_query)
    fraud, severity, duty : Tensor of float32
        Targets; severity is NaN where unknown.
    """

    margin: torch.Tensor
    leaves: torch.Tensor
    query: torch.Tensor
    fraud: torch.Tensor
    severity: torch.Tensor
    duty: torch.Tensor

    def __len__(self) -> int:
        return len(self.margin)

    def take(self, rows: torch.Tensor) -> LabelledTensors:
        """Return the declarations of `rows`."""
        return LabelledTensors(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def train(
    network: DateNetwork,
    learn: LabelledTensors,
    validate: LabelledTensors,
    generator: torch.Generator,
) -> float:
    """Train `network` in place; return the share of its correction to use, in [0, 1].

    The network keeps the weights of the step with the least validation loss. The share is the one
    with the least validation loss, times n / (n + 100) for n frauds in the validation.
    """
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY
    )
    best, best_state, since = validation_loss(network, validate), None, 0
    device = learn.margin.device
    order = torch.empty(0, dtype=torch.int64)
    for step in range(1, _MOST_STEPS + 1):
        if len(order) < min(_BATCH_SIZE, len(learn)):
            order = torch.randperm(len(learn), generator=generator)
        batch = learn.take(order[:_BATCH_SIZE].to(device))
        order = order[_BATCH_SIZE:]
        hidden = torch.rand(batch.query.shape, generator=generator) < _ENTITY_DROPOUT
        query = torch.where(hidden.to(device), 0, batch.query)
        network.train()
        loss = _loss(network, batch, query)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if step % _CHECK_EVERY == 0:
            loss_now = validation_loss(network, validate)
            if loss_now < best:
                best, best_state, since = loss_now, copy.deepcopy(network.state_dict()), 0
            else:
                since += 1
                if since >= _PATIENCE:
                    break
    network.eval()
    if best_state is None:
        return 0.0
    network.load_state_dict(best_state)
    return _trusted_share(network, validate)


def _loss(network: DateNetwork, batch: LabelledTensors, query: torch.Tensor) -> torch.Tensor:
    correction, severity, duty, _ = network(batch.leaves, query)
    loss = cross_entropy(batch.margin + correction, batch.fraud)
    aside = torch.mean((duty - batch.duty) ** 2)
    known = ~torch.isnan(batch.severity)
    if known.any():
        aside = aside + cross_entropy(severity[known], batch.severity[known])
    return loss + _SECOND_TASK * aside


@torch.no_grad()
def corrections(
    network: DateNetwork, leaves: torch.Tensor, query: torch.Tensor, chunk: int = 4096
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return corrections, shape (n,), and attention weights, shape (n, n_trees)."""
    network.eval()
    parts = [
        network(leaves[i : i + chunk], query[i : i + chunk]) for i in range(0, len(leaves), chunk)
    ]
    if not parts:
        return leaves.new_zeros(0, dtype=torch.float32), leaves.new_zeros(
            leaves.shape, dtype=torch.float32
        )
    return torch.cat([part[0] for part in parts]), torch.cat([part[3] for part in parts])


def validation_loss(network: DateNetwork, validate: LabelledTensors) -> float:
    """Return the mean cross-entropy of the corrected margin."""
    correction, _ = corrections(network, validate.leaves, validate.query)
    return float(cross_entropy(validate.margin + correction, validate.fraud))


def _trusted_share(network: DateNetwork, validate: LabelledTensors) -> float:
    correction, _ = corrections(network, validate.leaves, validate.query)
    shares = np.linspace(0.0, 1.0, 11)
    losses = [
        float(cross_entropy(validate.margin + float(share) * correction, validate.fraud))
        for share in shares
    ]
    n_fraud = float(validate.fraud.sum())
    return float(shares[int(np.argmin(losses))]) * n_fraud / (n_fraud + 100.0)
