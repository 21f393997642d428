"""A second task for the message network: critical fraud, on its second score."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from customs_baselines.graphfc.ensemble import ExampleTensors, NetworkEnsemble, TrainingSettings
from customs_baselines.graphfc.network import MessageNetwork
from customs_baselines.networks.training_by_steps import train

_WEIGHT: Final = 0.5  # weight of the second task's loss


class SecondTaskEnsemble(NetworkEnsemble):
    """Networks trained on fraud and critical fraud; see `NetworkEnsemble`.

    Parameters
    ----------
    critical : ndarray of float32, shape (n_train,)
        1 = critical fraud, 0 = not, NaN = unknown.
    """

    def __init__(self, critical: npt.NDArray[np.float32], *settings: Any) -> None:
        super().__init__(*settings)
        self.critical = critical

    def train_network(
        self,
        network: MessageNetwork,
        examples: ExampleTensors,
        truth: torch.Tensor,
        settings: TrainingSettings,
        generator: torch.Generator,
    ) -> None:
        """Train one network in place."""
        critical = torch.as_tensor(self.critical, device=truth.device)[examples.row]

        def loss_of(batch: torch.Tensor) -> torch.Tensor:
            batch = batch.to(truth.device)
            start, messages, features = examples.pick(batch)
            scores = network(start, messages, features)
            loss = settings.loss(scores[:, 0], start, truth[batch])
            known = torch.isfinite(critical[batch])
            if bool(known.any()):
                second = cross_entropy(scores[known, 1], critical[batch][known])
                loss = loss + _WEIGHT * second
            return loss

        train(network, len(truth), loss_of, settings.schedule, generator)
