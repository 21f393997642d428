"""Training by steps, not epochs, so that few labels do not mean few steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Schedule:
    """Steps and learning rate.

    Attributes
    ----------
    n_steps, batch_size : int
    learning_rate : float
        Highest rate of the one-cycle schedule.
    weight_decay : float
        Weight decay of AdamW.
    """

    n_steps: int
    batch_size: int = 1024
    learning_rate: float = 4e-3
    weight_decay: float = 0.02


def train(
    network: nn.Module,
    n_examples: int,
    loss_of: Callable[[torch.Tensor], torch.Tensor],
    schedule: Schedule,
    generator: torch.Generator,
) -> None:
    """Minimise ``loss_of(positions of a batch)`` over examples drawn with replacement."""
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay
    )
    rates = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, schedule.learning_rate, total_steps=schedule.n_steps
    )
    size = min(schedule.batch_size, n_examples)
    network.train()
    for _ in range(schedule.n_steps):
        batch = torch.randint(n_examples, (size,), generator=generator)
        optimizer.zero_grad()
        loss_of(batch).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        rates.step()
    network.eval()
