"""DATE as an estimator: cross-fitted boosters, corrected by attention over their leaves."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from sklearn.base import BaseEstimator, ClassifierMixin

from customs_baselines.features.kit import KitFeatures
from customs_baselines.features.order import own_order
from customs_baselines.networks.date_network import DateNetwork
from customs_baselines.networks.date_training import Batchable, Schedule, corrections, train
from customs_baselines.networks.device import choose_device, repeatable
from customs_baselines.networks.leaves import CrossFeatures, Trees
from customs_baselines.networks.vocabulary import Vocabulary
from customs_baselines.validation import split_by_time
from customs_data.errors import KitError

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]

#: What asks: the importer, and its goods from coarse to fine.
QUERY = ("Importer ID", "Chapter", "Heading", "HS6 Code")
_MIN_ROWS = {"Importer ID": 5, "HS6 Code": 5}


class Date(ClassifierMixin, BaseEstimator):
    """Dual attentive tree-aware embedding.

    Boosted trees put a declaration in leaves (cross features); self-attention relates them, the
    importer and the HS code attend to them, and what they read corrects the boosters' log odds.
    Second tasks: severity (Critical Fraud, where it is given) and the duty at stake,
    log(1 + Item Price x Tax Rate / 100).

    Parameters
    ----------
    random_state : int
        Seed of folds, trees and network.
    device : {'auto', 'cpu', 'cuda'}
        Where the network computes.
    n_jobs : int
        Threads.

    Notes
    -----
    Unlike the published code: leaves and margins are out-of-fold; training is counted in steps and
    stopped on the latest labelled declarations; importers and goods unknown in training are read as
    a token that training has met; the number of trees is free; the network starts at the boosters
    and departs from them as far as the validation bears it out.

    References
    ----------
    Kim et al., DATE: Dual Attentive Tree-aware Embedding for Customs Fraud Detection, KDD 2020.
    """

    def __init__(self, random_state: int = 0, device: str = "auto", n_jobs: int = 1) -> None:
        self.random_state = random_state
        self.device = device
        self.n_jobs = n_jobs

    def fit(self, X: pd.DataFrame, y: Labels, *, y_critical: Labels | None = None) -> Self:
        """Learn from labelled rows; unlabelled ones take part in norms, counts and leaf sizes.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.
        y_critical : ndarray of int8, shape (n_train,), optional
            2 = critical fraud, 1 = fraud, 0 = honest, -1 = unlabelled.
        """
        order = own_order(X)
        X, y = X.iloc[order].reset_index(drop=True), y[order]
        self.features_ = KitFeatures(random_state=self.random_state)
        features = self.features_.fit_transform(X, y)
        self._learn(X, features, y, None if y_critical is None else y_critical[order])
        self.classes_ = np.array([0, 1])
        return self

    def _learn(
        self, X: pd.DataFrame, features: Floats, y: Labels, y_critical: Labels | None
    ) -> None:
        self.trees_ = Trees()
        self.schedule_ = Schedule()
        self.crosses_ = CrossFeatures(self.trees_, self.random_state, self.n_jobs)
        margin, leaves = self.crosses_.fit(features, y)
        self.vocabulary_ = Vocabulary(QUERY, _MIN_ROWS).fit(X)
        labelled = y >= 0
        severity = np.full(len(y), np.nan)
        if y_critical is not None:
            severity[labelled] = y_critical[labelled] == 2
        duty = np.log1p(X["Item Price"].to_numpy() * X["Tax Rate"].to_numpy() / 100)
        spread = duty.std()
        duty = (duty - duty.mean()) / (spread if spread > 0 else 1.0)
        device = choose_device(self.device)
        data = Batchable(
            *(torch.tensor(a[labelled], dtype=torch.float32, device=device) for a in (margin,)),
            *(torch.tensor(a[labelled], device=device) for a in (leaves, self.vocabulary_.find(X))),
            *(
                torch.tensor(a[labelled], dtype=torch.float32, device=device)
                for a in (y.astype(np.float64), severity, duty)
            ),
        )
        try:
            earlier, later = split_by_time(X["Date"][labelled], 0.2)
        except KitError:
            earlier = later = np.zeros(int(labelled.sum()), dtype=bool)
        with repeatable(self.random_state, self.n_jobs, device) as generator:
            self.network_ = DateNetwork(
                torch.tensor(self.crosses_.describe(features.shape[1]), dtype=torch.float32),
                self.vocabulary_.sizes,
            ).to(device)
            self.share_ = 0.0
            if y[labelled][later].any() and earlier.any():
                self.share_ = train(
                    self.network_,
                    data.take(torch.tensor(np.flatnonzero(earlier), device=device)),
                    data.take(torch.tensor(np.flatnonzero(later), device=device)),
                    self.schedule_,
                    generator,
                )
        self.network_.cpu()

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Return probabilities, shape (n_declarations, 2): honest, fraud."""
        return self._score(X, self.features_.transform(X))

    def _score(self, X: pd.DataFrame, features: Floats) -> Floats:
        margins, leaves = self.crosses_.transform(features)
        device = choose_device(self.device)
        logit = np.zeros(len(X))
        query = torch.tensor(self.vocabulary_.find(X), device=device)
        with repeatable(self.random_state, self.n_jobs, device):
            network = self.network_.to(device)
            for fold in range(self.trees_.n_folds):
                correction, _ = corrections(
                    network, torch.tensor(leaves[fold], device=device), query
                )
                logit += margins[fold] + self.share_ * correction.cpu().numpy()
            self.network_.cpu()
        fraud = 1 / (1 + np.exp(-logit / self.trees_.n_folds))
        return np.column_stack([1 - fraud, fraud])
