"""Self-supervised pre-training of a message network: on labelled and unlabelled declarations."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss, normalize

from customs_baselines.graphfc.network import MessageNetwork
from customs_baselines.networks.training_by_steps import Schedule, train
from customs_data.errors import KitError

OBJECTIVES: Final = ("none", "contrastive", "neighbourhood")

_SCHEDULE: Final = Schedule(n_steps=150, learning_rate=2e-3)
_CODE_WIDTH: Final = 32  # of the code that neighbours must have in common
_TEMPERATURE: Final = 0.2
_HIDDEN_SHARE: Final = 0.3  # of the messages that must be told from the others

Tensors = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def check_objective(objective: str) -> None:
    """Raise KitError unless the objective is one of `OBJECTIVES`."""
    if objective not in OBJECTIVES:
        raise KitError(
            f"The pre-training must be one of {', '.join(OBJECTIVES)}, however: {objective!r}."
        )


def pretrain(
    network: MessageNetwork,
    declarations: Tensors,
    partner: torch.Tensor,
    objective: str,
    generator: torch.Generator,
) -> list[float]:
    """Train the layers below a network's heads; return the loss of each step.

    Parameters
    ----------
    network : MessageNetwork
        Not trained yet; its heads stay as they are.
    declarations : tuple of Tensor
        What the network takes of declarations, labelled or not: start (n,), messages (n,
        n_messages, n_signals), features (n, n_features); on its device.
    partner : Tensor of int64, shape (n,)
        Position among them of a declaration that shares a trader; -1 for none.
    objective : {'contrastive', 'neighbourhood'}
        ``contrastive``: a declaration's code must be nearer to that of one that shares a trader
        than to those of the rest of the batch (InfoNCE). ``neighbourhood``: some kinds of message
        are hidden, and what they say - means over a kind of neighbours - is told from the others.
    generator : Generator
        Of batches and of what is hidden.

    References
    ----------
    Singh et al. (2023), arXiv:2305.11377 (a neighbour as positive, others as negatives); van den
    Oord et al. (2018), arXiv:1807.03748 (InfoNCE).
    """
    n, n_messages, n_signals = declarations[1].shape
    device = partner.device
    rows = torch.arange(n, device=device)
    if objective == "contrastive":
        rows = rows[partner >= 0]
    if len(rows) < 2:  # nobody to tell apart: a network that is not pre-trained
        return []
    size = _CODE_WIDTH if objective == "contrastive" else n_messages * n_signals
    reader = nn.Linear(network.width, size).to(device)
    losses = []

    def contrast(batch: torch.Tensor) -> torch.Tensor:
        own, other = (
            normalize(reader(network.encode(*_pick(declarations, places))), dim=1)
            for places in (rows[batch], partner[rows[batch]])
        )
        return cross_entropy(own @ other.T / _TEMPERATURE, torch.arange(len(batch), device=device))

    def fill_in(batch: torch.Tensor) -> torch.Tensor:
        start, messages, features = _pick(declarations, rows[batch])
        drawn = torch.rand(messages.shape[:2], generator=generator).to(device)
        hidden = drawn < _HIDDEN_SHARE
        told = reader(network.encode(start, messages * ~hidden[..., None], features))
        return mse_loss(told.reshape(messages.shape)[hidden], messages[hidden])

    def loss_of(batch: torch.Tensor) -> torch.Tensor:
        loss = (contrast if objective == "contrastive" else fill_in)(batch.to(device))
        losses.append(float(loss.detach()))
        return loss

    train(nn.ModuleList([network, reader]), len(rows), loss_of, _SCHEDULE, generator)
    return losses


def _pick(declarations: Tensors, rows: torch.Tensor) -> Tensors:
    start, messages, features = declarations
    return start[rows], messages[rows], features[rows]
