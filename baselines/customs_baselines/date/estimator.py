"""DATE as an estimator: cross-fitted boosters, corrected by attention over their leaves."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from customs_baselines.classifier import DeclarationClassifier
from customs_baselines.date.condition_text import ConditionText
from customs_baselines.date.cross_features import BoosterSettings, CrossFeatures, Leaves
from customs_baselines.date.explanation import AttendedCrossFeature, DateExplanation
from customs_baselines.date.network import DateNetwork
from customs_baselines.date.training import LabelledTensors, corrections, train
from customs_baselines.date.vocabulary import Vocabulary
from customs_baselines.features.kit import KitFeatures
from customs_baselines.features.order import own_order
from customs_baselines.networks.device import choose_device, repeatable
from customs_data.errors import KitError
from customs_data.schema import KEY
from customs_data.season.duty import declared_duty
from customs_data.split import split_by_time

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]

#: Parts of the query: the importer, and its goods from coarse to fine.
QUERY = ("Importer ID", "Chapter", "Heading", "HS6 Code")
# Fewest declarations for a value to be known.
_MIN_ROWS = {"Importer ID": 5, "HS6 Code": 5}
# A sample, so that a validation costs less than the steps between two.
_MOST_VALIDATED = 3000


class Date(DeclarationClassifier):
    """Dual attentive tree-aware embedding.

    Boosted trees put a declaration in leaves (cross features). Self-attention relates them, the
    importer and the HS code attend to them, and the result corrects the boosters' log-odds.
    Secondary targets: severity (Critical Fraud, where it is given) and the duty at stake,
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
    Differences from the published code: leaves and margins are out-of-fold; training is counted in
    steps and stopped on the latest labelled declarations; new importers and goods share a token
    that also occurs in training; any number of trees is possible; the network starts at the
    boosters' log-odds and corrects them only as far as the validation supports it.

    References
    ----------
    Kim et al., DATE: Dual Attentive Tree-aware Embedding for Customs Fraud Detection, KDD 2020.
    """

    def __init__(self, random_state: int = 0, device: str = "auto", n_jobs: int = 1) -> None:
        self.random_state = random_state
        self.device = device
        self.n_jobs = n_jobs

    def fit(self, X: pd.DataFrame, y: Labels, *, y_critical: Labels | None = None) -> Self:
        """Learn from labelled rows; unlabelled ones count in norms, counts and leaf sizes.

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
        self.features_ = KitFeatures(random_state=self.random_state).set_output(transform="default")
        features = self.features_.fit_transform(X, y)
        settings = BoosterSettings.for_labels(int((y >= 0).sum()))
        self.crosses_ = CrossFeatures(settings, self.random_state, self.n_jobs)
        margin, leaves = self.crosses_.fit(features, y)
        self.vocabulary_ = Vocabulary(QUERY, _MIN_ROWS).fit(X)
        severity = None if y_critical is None else y_critical[order]
        data = self._tensors(X, y, severity, margin, leaves)
        self._train(X["Date"][y >= 0], data, features.shape[1])
        self.classes_ = np.array([0, 1])
        return self

    def _tensors(
        self,
        X: pd.DataFrame,
        y: Labels,
        y_critical: Labels | None,
        margin: Floats,
        leaves: Leaves,
    ) -> LabelledTensors:
        """Return the labelled rows."""
        labelled = y >= 0
        severity = np.full(len(y), np.nan)
        if y_critical is not None:
            severity[labelled] = y_critical[labelled] == 2
        duty = np.log1p(declared_duty(X))
        spread = duty.std()
        duty = (duty - duty.mean()) / (spread if spread > 0 else 1.0)
        device = choose_device(self.device)

        def numbers(values: Floats) -> torch.Tensor:
            return torch.tensor(values[labelled], dtype=torch.float32, device=device)

        return LabelledTensors(
            margin=numbers(margin),
            leaves=torch.tensor(leaves[labelled], device=device),
            query=torch.tensor(self.vocabulary_.find(X)[labelled], device=device),
            fraud=numbers(y.astype(np.float64)),
            severity=numbers(severity),
            duty=numbers(duty),
        )

    def _train(
        self, dates: pd.Series[pd.Timestamp], data: LabelledTensors, n_features: int
    ) -> None:
        device = data.margin.device
        try:
            earlier, later = (
                torch.tensor(np.flatnonzero(part), device=device)
                for part in split_by_time(dates, 0.2)
            )
        except KitError:  # all labels are of one day: no validation, no correction
            earlier = later = torch.empty(0, dtype=torch.int64, device=device)
        with repeatable(self.random_state, self.n_jobs, device) as generator:
            self.network_ = DateNetwork(
                torch.tensor(self.crosses_.describe(n_features), dtype=torch.float32),
                self.vocabulary_.sizes,
            ).to(device)
            self.share_ = 0.0
            if len(earlier) and data.fraud[later].any():
                if len(later) > _MOST_VALIDATED:
                    later = later[torch.randperm(len(later), generator=generator)[:_MOST_VALIDATED]]
                self.share_ = train(self.network_, data.take(earlier), data.take(later), generator)
        self.network_.cpu()

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Return probabilities, shape (n_declarations, 2): honest, fraud."""
        if X.empty:
            return np.empty((0, 2))
        margin, correction, _, _ = self._read(X)
        fraud = 1 / (1 + np.exp(-(margin + correction)))
        return np.column_stack([1 - fraud, fraud])

    def explain_declaration(
        self, X: pd.DataFrame, declaration_id: str, n_cross_features: int = 5
    ) -> DateExplanation:
        """Return the declaration's cross features and the attention to each.

        Parameters
        ----------
        X : DataFrame, shape (n_declarations, 20)
            Declared columns, this declaration's among them.
        declaration_id : str
        n_cross_features : int
            Number of cross features to list.

        Raises
        ------
        KitError
            If there is no such declaration.
        """
        declaration = X[X[KEY] == declaration_id].head(1)
        if declaration.empty:
            raise KitError(f"No declaration {declaration_id!r} to explain: check the ID.")
        margin, correction, leaves, attention = self._read(declaration)
        text = ConditionText(self.features_)
        # Boosters of different folds may have the same conjunction: list it once.
        attended: dict[str, tuple[float, int]] = {}
        weights = attention[:, 0].ravel() / len(leaves)
        for leaf, weight in zip(leaves[:, 0].ravel(), weights, strict=True):
            words = text.conjunction(self.crosses_.paths_[leaf])
            before = attended.get(words, (0.0, 0))[0]
            attended[words] = (before + float(weight), int(leaf))
        known = self.vocabulary_.find(declaration)[0] > 0
        history = self.crosses_.labelled_
        return DateExplanation(
            declaration_id=declaration_id,
            fraud_score=float(1 / (1 + np.exp(-(margin[0] + correction[0])))),
            booster_log_odds=float(margin[0]),
            correction=float(correction[0]),
            importer_known=bool(known[QUERY.index("Importer ID")]),
            hs6_known=bool(known[QUERY.index("HS6 Code")]),
            n_leaves=len(weights),
            largest_attention=float(weights.max()),
            base_rate=float(history.fraud.sum() / max(history.n.sum(), 1.0)),
            cross_features=tuple(
                self._cross_feature(words, weight, leaf)
                for words, (weight, leaf) in attended.items()
            ),
            n_listed=n_cross_features,
        )

    def _cross_feature(self, words: str, attention: float, leaf: int) -> AttendedCrossFeature:
        history = self.crosses_.labelled_
        n, fraud = int(history.n[leaf]), int(history.fraud[leaf])
        return AttendedCrossFeature(words, attention, n, fraud, fraud / n if n else None)

    def _read(self, X: pd.DataFrame) -> tuple[Floats, Floats, Leaves, Floats]:
        """Margin and shrunk correction (n,); leaves and attention (n_folds, n, n_trees)."""
        margin, leaves = self.crosses_.transform(self.features_.transform(X))
        device = choose_device(self.device)
        query = torch.tensor(self.vocabulary_.find(X), device=device)
        with repeatable(self.random_state, self.n_jobs, device):
            network = self.network_.to(device)
            read = [
                corrections(network, torch.tensor(of_fold, device=device), query)
                for of_fold in leaves
            ]
            network.cpu()
        correction = np.mean([correction.cpu().numpy() for correction, _ in read], axis=0)
        attention = np.stack([weights.cpu().numpy() for _, weights in read])
        return margin, self.share_ * correction.astype(np.float64), leaves, attention
