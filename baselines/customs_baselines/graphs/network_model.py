"""The estimator: trees, messages and network put together."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from sklearn.base import BaseEstimator, ClassifierMixin

from customs_baselines.graphs.context import Floats, Integers, Links, canonical_order
from customs_baselines.graphs.masks import draw_masks
from customs_baselines.graphs.messages import MESSAGES, N_SIGNALS, MessagePasser, Signals
from customs_baselines.graphs.own_score import OwnScore
from customs_baselines.graphs.reading import Features, GraphReader, scaled
from customs_baselines.networks.device import choose_device, repeatable
from customs_baselines.networks.message_network import MessageNetwork
from customs_baselines.networks.training import Schedule, train
from customs_data.schema import ERASED, KEY

Labels = npt.NDArray[np.int8]

_MANY_LABELS = 10_000


class GraphNetworkModel(ClassifierMixin, BaseEstimator):
    past_only: ClassVar[bool] = True

    def __init__(
        self,
        convolution: str = "relational",
        n_masks: int = 12,
        n_networks: int = 2,
        n_steps: int | None = None,
        critical_weight: float = 0.0,
        random_state: int = 0,
        n_jobs: int = 1,
        device: str = "cpu",
    ) -> None:
        self.convolution = convolution
        self.n_masks = n_masks
        self.n_networks = n_networks
        self.n_steps = n_steps
        self.critical_weight = critical_weight
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.device = device

    def fit(self, X: pd.DataFrame, y: Labels, *, y_critical: Labels | None = None) -> Self:
        return self._fit(X, y, y_critical, None)

    def _fit(
        self,
        X: pd.DataFrame,
        y: Labels,
        y_critical: Labels | None,
        X_test: pd.DataFrame | None,
    ) -> Self:
        order = canonical_order(X)
        self.train_ = X.iloc[order].reset_index(drop=True)
        self.y_ = np.asarray(y, dtype=np.int8)[order]
        self.context_ = self._extend(self.train_, X_test)
        n = len(self.train_)
        reader = GraphReader(past_only=self.past_only)
        features, links = reader.read(self.context_, n)
        self.own_score_ = OwnScore(random_state=self.random_state, n_jobs=self.n_jobs)
        self.own_score_.fit(features[:n], self.y_)
        state = self._states(features)
        passer = self._passer(links, state, past_only=False)
        rng = np.random.default_rng(self.random_state)
        labelled = np.flatnonzero(self.y_ >= 0)
        messages, targets = [], []
        for revealed, hidden in draw_masks(links.day, labelled, self.n_masks, rng):
            messages.append(passer.messages(revealed, hidden))
            targets.append(hidden)
        self._train(np.concatenate(messages), np.concatenate(targets), state, features)
        self.known_ = self._score(features, links) if len(self.context_) > n else None
        self.classes_ = np.array([0, 1])
        return self
    def _extend(self, context: pd.DataFrame, X: pd.DataFrame | None) -> pd.DataFrame:
        if X is None or len(X) == 0:
            return context
        new = X[~X[KEY].isin(context[KEY])]
        new = new.iloc[canonical_order(new)]
        return pd.concat([context, new], ignore_index=True)

    def _states(self, features: Features) -> Floats:
        n = len(self.train_)
        return np.concatenate(
            [
                self.own_score_.score_training(features[:n]),
                self.own_score_.score_later(features[n:]),
            ]
        )

    def _passer(self, links: Links, state: Floats, *, past_only: bool) -> MessagePasser:
        residual = np.zeros(len(links))
        y = self.y_
        residual[: len(y)] = np.where(y >= 0, (y == 1) - 1 / (1 + np.exp(-state[: len(y)])), 0.0)
        return MessagePasser(links, Signals(residual, state), past_only=past_only)

    def _own(self, features: Features) -> Features:
        n = len(self.train_)
        if (self.y_ >= 0).sum() < _MANY_LABELS:
            return np.empty((len(features), 0), dtype=np.float32)
        return scaled(features, n)

    def _train(
        self, messages: Features, targets: Integers, state: Floats, features: Features
    ) -> None:
        self.mean_ = messages.mean(axis=0)
        self.spread_ = messages.std(axis=0) + 1e-3
        device = choose_device(self.device)
        own = self._own(features)[: len(self.y_)]
        steps = self.n_steps or 200
        schedule = Schedule(n_steps=steps)
        self.networks_ = []
        for i in range(self.n_networks):
            with repeatable(self.random_state + i, self.n_jobs, device) as generator:
                network = MessageNetwork(
                    len(MESSAGES), N_SIGNALS, own.shape[1], self.convolution
                ).to(device)
                heard = torch.tensor((messages - self.mean_) / self.spread_, device=device)
                states = torch.tensor(state[targets], dtype=torch.float32, device=device)
                place = torch.tensor(targets, device=device)
                mine = torch.tensor(own, device=device)
                y = torch.tensor((self.y_ == 1).astype(np.float32), device=device)

                def loss_of(batch: torch.Tensor) -> torch.Tensor:
                    rows = place[batch]
                    fraud, _ = network(states[batch], heard[batch], mine[rows])
                    return torch.nn.functional.binary_cross_entropy_with_logits(fraud, y[rows])

                train(network, len(targets), loss_of, schedule, generator)
                self.networks_.append(network)

    def _score(self, features: Features, links: Links) -> Floats:
        state = self._states(features)
        revealed = np.zeros(len(links), dtype=np.bool_)
        revealed[: len(self.y_)] = self.y_ >= 0
        rows = np.arange(len(links))
        if self.past_only:
            rows = rows[len(self.y_) :]
        messages = self._passer(links, state, past_only=self.past_only).messages(revealed, rows)
        own = self._own(features)[rows]
        scores = np.zeros(len(links))
        with torch.no_grad():
            x = torch.tensor((messages - self.mean_) / self.spread_)
            s = torch.tensor(state[rows], dtype=torch.float32)
            o = torch.tensor(own)
            total = [network(s, x, o)[0].numpy() for network in self.networks_]
        scores[rows] = np.mean(total, axis=0)
        return scores

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        context = self._extend(self.context_, X)
        if len(context) == len(self.context_) and self.known_ is not None:
            scores = self.known_
        else:
            features, links = GraphReader(past_only=self.past_only).read(context, len(self.train_))
            scores = self._score(features, links)
        places = pd.Index(context[KEY]).get_indexer(pd.Index(X[KEY]))
        p = 1 / (1 + np.exp(-scores[places]))
        return np.column_stack([1 - p, p])
