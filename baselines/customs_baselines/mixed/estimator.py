"""The models `mixed_effects` and `mixed_effects_graph`."""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.special import expit

from customs_baselines.classifier import DeclarationClassifier
from customs_baselines.mixed.design import KEYS, PARTS, Design, TraderGraph
from customs_baselines.mixed.posterior_mode import Smoothness, find_effects

_GRAPH_VARIANCE: Final = 0.64  # of a trader's effect in the graph; tuned on worlds of the kit's own
_GRAPH_STRENGTH: Final = 0.9  # tuned likewise


class MixedEffects(DeclarationClassifier):
    """Logistic regression with one effect per code, pair of codes and trader.

    The effects of a kind (all HS6 codes, all importers, ...) have a common spread, which the labels
    decide: with few labels they stay close to 0, with many they may differ. So it needs no folds,
    and no label is wasted.
    """

    def fit(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Self:
        """Learn from labelled rows; X has shape (n_train, 20), y (n_train,) of 0, 1, -1."""
        labelled = np.flatnonzero(y >= 0)
        self.design_ = Design()
        rows = self.design_.fit(X.iloc[labelled])
        self.effects_ = find_effects(rows, y[labelled], self.design_.kind)
        self.classes_ = np.array([0, 1])
        return self

    def log_odds(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the log-odds of fraud, shape (n_declarations,)."""
        return np.asarray(self.design_.find(X) @ self.effects_)

    def contributions(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the parts of the log-odds, shape (n_declarations, n_parts + 1).

        They are those of `PARTS`, and last the constant; they add up to the log-odds.
        """
        coded = self.design_.kind[self.design_.kind < len(KEYS)]
        part = np.concatenate([coded, np.arange(len(KEYS), len(PARTS) + 1)])
        place = np.arange(len(part)), part
        by_part = sparse.csr_array((self.effects_, place), shape=(len(part), len(PARTS) + 1))
        return np.asarray((self.design_.find(X) @ by_part).todense())

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2)."""
        score = expit(self.log_odds(X))
        return np.column_stack([1.0 - score, score])


class GraphMixedEffects(DeclarationClassifier):
    """Mixed effects in which traders who trade with each other have similar effects.

    Each importer, declarant and seller has one more effect. Its prior is a Gaussian Markov random
    field on the graph of all declarations, those to be scored among them: a trader without labels
    is what its partners are, and their partners.

    Parameters
    ----------
    graph_variance, graph_strength : float
        Prior of these effects (`Smoothness`).
    """

    def __init__(
        self, graph_variance: float = _GRAPH_VARIANCE, graph_strength: float = _GRAPH_STRENGTH
    ) -> None:
        self.graph_variance = graph_variance
        self.graph_strength = graph_strength

    def fit(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], *, X_test: pd.DataFrame | None = None
    ) -> Self:
        """Learn; `X_test`, shape (n_test, 20), joins the graph as unlabelled declarations."""
        everything = X if X_test is None else pd.concat([X, X_test[X.columns]], ignore_index=True)
        self.graph_ = TraderGraph()
        traders = self.graph_.fit(everything)
        labelled = np.flatnonzero(y >= 0)
        self.design_ = Design()
        rows = sparse.hstack([self.design_.fit(X.iloc[labelled]), traders[labelled]], format="csr")
        smooth = Smoothness(self.graph_.ties, self.graph_strength, self.graph_variance)
        self.effects_ = find_effects(sparse.csr_array(rows), y[labelled], self.design_.kind, smooth)
        self.classes_ = np.array([0, 1])
        return self

    def log_odds(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the log-odds of fraud, shape (n_declarations,)."""
        rows = sparse.hstack([self.design_.find(X), self.graph_.find(X)], format="csr")
        return np.asarray(rows @ self.effects_)

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2)."""
        score = expit(self.log_odds(X))
        return np.column_stack([1.0 - score, score])
