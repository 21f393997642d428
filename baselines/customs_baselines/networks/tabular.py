"""The shape that tabular networks share: scaled features, training by steps, stopped in time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from customs_baselines.features import make_features
from customs_baselines.features.order import own_order
from customs_baselines.networks.device import choose_device, repeatable
from customs_baselines.validation import split_by_time
from customs_data.errors import KitError

Labels = npt.NDArray[np.int8]


class TabularNetwork(ClassifierMixin, BaseEstimator, ABC):
    """A network over the scaled features of a recipe.

    Features are mapped to a normal distribution by rank. The number of steps is the best one on the
    latest labelled declarations (a fifth of the days); then a fresh network learns from all labels
    for as many steps. Where no fraud is among the latest, it learns for `max_steps` / 4.

    Parameters
    ----------
    recipe : {'kit', 'paper'}
        Features.
    random_state : int
        Seed of folds and network.
    device : {'auto', 'cpu', 'cuda'}
        Where the network computes.
    n_jobs : int
        Threads.
    """

    max_steps: ClassVar[int] = 1200
    check_every: ClassVar[int] = 50
    patience: ClassVar[int] = 6
    batch_size: ClassVar[int] = 256
    learning_rate: ClassVar[float] = 1e-3
    weight_decay: ClassVar[float] = 3e-2

    def __init__(
        self, recipe: str = "kit", random_state: int = 0, device: str = "auto", n_jobs: int = 1
    ) -> None:
        self.recipe = recipe
        self.random_state = random_state
        self.device = device
        self.n_jobs = n_jobs

    @abstractmethod
    def make_network(self, features: torch.Tensor) -> nn.Module:
        """Return a network from shape (batch, n_features) to log odds, shape (batch, n_members).

        `features`, shape (n_train, n_features), is what it will learn from.
        """

    def fit(self, X: pd.DataFrame, y: Labels) -> Self:
        """Learn from labelled rows (the recipe may use the others).

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.
        """
        order = own_order(X)
        X, y = X.iloc[order].reset_index(drop=True), y[order]
        labelled = y >= 0
        self.features_ = make_features(self.recipe, self.random_state)
        raw = self.features_.fit_transform(X, y)
        self.scaler_ = make_pipeline(
            SimpleImputer(strategy="median", keep_empty_features=True),
            QuantileTransformer(
                n_quantiles=min(1000, len(X)), output_distribution="normal", random_state=0
            ),
            StandardScaler(),
        )
        scaled = self.scaler_.fit_transform(raw)[labelled]
        device = choose_device(self.device)
        features = torch.tensor(scaled, dtype=torch.float32, device=device)
        target = torch.tensor(y[labelled], dtype=torch.float32, device=device)
        with repeatable(self.random_state, self.n_jobs, device) as generator:
            n_steps = self._best_n_steps(X["Date"][labelled], features, target, generator)
            self.network_ = self.make_network(features).to(device)
            self._train(self.network_, features, target, n_steps, generator)
        self.network_.eval().cpu()
        self.n_steps_ = n_steps
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2): honest, fraud."""
        if X.empty:
            return np.empty((0, 2))
        scaled = self.scaler_.transform(self.features_.transform(X))
        device = choose_device(self.device)
        with repeatable(self.random_state, self.n_jobs, device):
            network = self.network_.to(device)
            fraud = _predict(network, torch.tensor(scaled, dtype=torch.float32, device=device))
            network.cpu()
        found = fraud.cpu().numpy().astype(np.float64)
        return np.column_stack([1 - found, found])

    def _best_n_steps(
        self,
        dates: pd.Series[pd.Timestamp],
        features: torch.Tensor,
        target: torch.Tensor,
        generator: torch.Generator,
    ) -> int:
        try:
            earlier, later = (torch.tensor(part) for part in split_by_time(dates, 0.2))
        except KitError:  # all labels are of one day
            return self.max_steps // 4
        if not target[later].any() or not target[earlier].any():
            return self.max_steps // 4
        network = self.make_network(features[earlier]).to(features.device)
        return self._train(
            network,
            features[earlier],
            target[earlier],
            self.max_steps,
            generator,
            validate=(features[later], target[later]),
        )

    def _train(
        self,
        network: nn.Module,
        features: torch.Tensor,
        target: torch.Tensor,
        n_steps: int,
        generator: torch.Generator,
        validate: tuple[torch.Tensor, torch.Tensor] | None = None,
    ) -> int:
        """Train in place; return the step of the least validation loss."""
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay
        )
        best, best_step, since = float("inf"), n_steps, 0
        order = torch.empty(0, dtype=torch.int64)
        for step in range(1, n_steps + 1):
            if not len(order):
                order = torch.randperm(len(target), generator=generator)
            rows = order[: self.batch_size].to(target.device)
            order = order[self.batch_size :]
            network.train()
            logits = network(features[rows])
            loss = cross_entropy(logits, target[rows, None].expand_as(logits))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            if validate is not None and step % self.check_every == 0:
                found = _log_loss(network, *validate)
                if found < best:
                    best, best_step, since = found, step, 0
                else:
                    since += 1
                    if since >= self.patience:
                        break
        return best_step


@torch.no_grad()
def _predict(network: nn.Module, features: torch.Tensor) -> torch.Tensor:
    """Mean probability of the members, shape (n,)."""
    network.eval()
    return torch.cat([torch.sigmoid(network(part)).mean(dim=1) for part in features.split(4096)])


def _log_loss(network: nn.Module, features: torch.Tensor, target: torch.Tensor) -> float:
    fraud = _predict(network, features).clamp(1e-6, 1 - 1e-6)
    return float(nn.functional.binary_cross_entropy(fraud, target))
