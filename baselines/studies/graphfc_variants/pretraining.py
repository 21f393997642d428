"""Self-supervised pre-training of a message network, on labelled and unlabelled declarations."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss, normalize

from customs_baselines.graphfc.context import Integers, Links
from customs_baselines.graphfc.ensemble import (
    Examples,
    ExampleTensors,
    NetworkEnsemble,
    TrainingSettings,
)
from customs_baselines.graphfc.masks import draw_masks
from customs_baselines.graphfc.network import WIDTH, MessageNetwork
from customs_baselines.networks.training_by_steps import Schedule, train

_MOST_UNLABELLED: Final = 20_000  # declarations to pre-train on
_SCHEDULE: Final = Schedule(n_steps=150, learning_rate=2e-3)
_CODE_WIDTH: Final = 32  # of the code that neighbours must have in common
_TEMPERATURE: Final = 0.2
_HIDDEN_SHARE: Final = 0.3  # share of the messages to reconstruct


class PretrainedEnsemble(NetworkEnsemble):
    """Networks that learn from unlabelled declarations first; see `NetworkEnsemble`.

    Parameters
    ----------
    objective : {'contrastive', 'neighbourhood'}
        See `pretrain`.
    unlabelled : Examples
        Declarations to pre-train on, whether labelled or not.
    partner : ndarray of int64, shape (n_examples,)
        Position of an example that shares a trader, -1 for none.

    Attributes
    ----------
    losses_ : list of list of float
        Loss of each step of each network's pre-training.
    """

    def __init__(
        self, objective: str, unlabelled: Examples, partner: Integers, *settings: Any
    ) -> None:
        super().__init__(*settings)
        self.objective = objective
        self.unlabelled = unlabelled
        self.partner = partner
        self.losses_: list[list[float]] = []

    def train_network(
        self,
        network: MessageNetwork,
        examples: ExampleTensors,
        truth: torch.Tensor,
        settings: TrainingSettings,
        generator: torch.Generator,
    ) -> None:
        """Pre-train and train one network in place."""
        partner = torch.as_tensor(self.partner, device=truth.device)
        unlabelled = self.unlabelled.to(truth.device)
        self.losses_.append(pretrain(network, unlabelled, partner, self.objective, generator))
        super().train_network(network, examples, truth, settings, generator)


def draw_unlabelled(
    links: Links, n_train: int, labelled: Integers, rng: np.random.Generator
) -> tuple[npt.NDArray[np.bool_], Integers, Integers]:
    """Draw training declarations to pre-train on; none of their labels is revealed.

    Returns
    -------
    revealed : ndarray of bool, shape (n_declarations,)
        Labels that may be read.
    rows : ndarray of int64, shape (n_rows,)
        Positions of the declarations.
    partner : ndarray of int64, shape (n_rows,)
        Place among `rows` of another with the same importer, or else seller; -1 for none.
    """
    revealed, _ = next(draw_masks(links.day, labelled, 1, rng))
    rows = np.flatnonzero(~revealed[:n_train])
    rows = np.sort(rng.choice(rows, min(len(rows), _MOST_UNLABELLED), replace=False))
    partner = next_of_group(links.group["importer"][rows])
    by_seller = next_of_group(links.group["seller"][rows])
    return revealed, rows, np.where(partner >= 0, partner, by_seller)


def next_of_group(group: Integers) -> Integers:
    """Position of an entity's next member, the first after the last; -1 where there is no other.

    Examples
    --------
    >>> next_of_group(np.array([4, -1, 4, 7, 4])).tolist()
    [2, -1, 4, -1, 0]
    """
    order = np.argsort(group, kind="stable")
    in_order = group[order]
    last = np.append(in_order[1:] != in_order[:-1], True)[: len(order)]
    first = np.flatnonzero(np.append(True, last[:-1]))[: len(order)]
    following = np.append(order[1:], -1)[: len(order)]
    following[last] = order[first]
    partner = np.empty_like(group)
    partner[order] = following
    partner[(group < 0) | (partner == np.arange(len(group)))] = -1
    return partner


def pretrain(
    network: MessageNetwork,
    examples: ExampleTensors,
    partner: torch.Tensor,
    objective: str,
    generator: torch.Generator,
) -> list[float]:
    """Train the layers below a network's heads; return the loss of each step.

    Parameters
    ----------
    network : MessageNetwork
        Not trained yet; its heads stay as they are.
    examples : ExampleTensors
        Declarations, labelled or not.
    partner : Tensor of int64, shape (n,)
        Position of an example that shares a trader; -1 for none.
    objective : {'contrastive', 'neighbourhood'}
        ``contrastive``: a declaration's code must be nearer to that of one that shares a trader
        than to those of the rest of the batch (InfoNCE). ``neighbourhood``: some messages are
        hidden and reconstructed from the others.
    generator : Generator
        Source of batches and of the messages to hide.

    References
    ----------
    Singh et al. (2023), arXiv:2305.11377 (a neighbour as positive, others as negatives); van den
    Oord et al. (2018), arXiv:1807.03748 (InfoNCE).
    """
    n, n_messages, n_signals = examples.messages.shape
    device = partner.device
    rows = torch.arange(n, device=device)
    if objective == "contrastive":
        rows = rows[partner >= 0]
    if len(rows) < 2:  # no negatives: leave the network as it is
        return []
    size = _CODE_WIDTH if objective == "contrastive" else n_messages * n_signals
    reader = nn.Linear(WIDTH, size).to(device)
    losses = []

    def contrast(batch: torch.Tensor) -> torch.Tensor:
        own, other = (
            normalize(reader(network.encode(*examples.pick(places))), dim=1)
            for places in (rows[batch], partner[rows[batch]])
        )
        return cross_entropy(own @ other.T / _TEMPERATURE, torch.arange(len(batch), device=device))

    def reconstruct(batch: torch.Tensor) -> torch.Tensor:
        start, messages, features = examples.pick(rows[batch])
        drawn = torch.rand(messages.shape[:2], generator=generator).to(device)
        hidden = drawn < _HIDDEN_SHARE
        read = reader(network.encode(start, messages * ~hidden[..., None], features))
        return mse_loss(read.reshape(messages.shape)[hidden], messages[hidden])

    def loss_of(batch: torch.Tensor) -> torch.Tensor:
        loss = (contrast if objective == "contrastive" else reconstruct)(batch.to(device))
        losses.append(float(loss.detach()))
        return loss

    train(nn.ModuleList([network, reader]), len(rows), loss_of, _SCHEDULE, generator)
    return losses
