"""A declaration with the labels of its edition as context: the input of a simulated prior."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.contract import FraudModel, accepted_keywords
from customs_baselines.features.communities import CommunityRisk
from customs_baselines.features.graph import GraphFeatures
from customs_baselines.features.similar_declarations import SimilarityKernel
from customs_baselines.features.transformer import DeclarationTransformer
from customs_baselines.shapes.context_trees import ContextTrees
from customs_baselines.shapes.log_odds import log_odds

Floats = npt.NDArray[np.float64]

_LEAST: float = 1e-4  # probabilities closer to 0 or 1 count as this


@runtime_checkable
class FormReader(Protocol):
    """A model that says what a form itself tells about cheating."""

    def read_forms(self, X: pd.DataFrame) -> Floats:
        """Return the logarithm of a likelihood ratio, shape (n_declarations,)."""


class LabelContext:
    """What cheap models and counts of labels say about declarations, in numbers.

    Labels enter only as what an edition tells about its own traders, goods and routes: histories
    with the number of labels behind them, similar declarations, spread labels, the beliefs of
    models fitted here, and what a form itself says. So the same numbers mean the same in another
    world.

    Parameters
    ----------
    own : ContextTrees
        Unfitted; its features and its belief are part of the context.
    others : mapping of str to model
        Unfitted; their beliefs are part of the context, and what a `FormReader` reads.
    random_state : int
        Key of the folds.
    """

    def __init__(
        self, own: ContextTrees, others: Mapping[str, FraudModel], random_state: int = 0
    ) -> None:
        self.own = own
        self.others = others
        self.random_state = random_state

    def fit(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], X_test: pd.DataFrame | None = None
    ) -> Self:
        """Read the labels; parameters as of `ContextTrees.fit`.

        Without any label, only a `FormReader` has a belief; the others say even odds.
        """
        labelled = y >= 0
        self.own.fit(X, y, X_test=X_test)
        self.silent_ = [
            name
            for name, model in self.others.items()
            if not (labelled.any() or isinstance(model, FormReader))
        ]
        for name, model in self.others.items():
            if name not in self.silent_:
                model.fit(X, y, **accepted_keywords(model.fit, {"X_test": X_test}))
        self.features_: list[DeclarationTransformer] = [
            GraphFeatures(random_state=self.random_state),
            CommunityRisk(random_state=self.random_state),
            SimilarityKernel(random_state=self.random_state),
        ]
        for one in self.features_:
            one.fit_transform(X, y, **accepted_keywords(one.fit_transform, {"X_test": X_test}))
        self.n_labels_ = int(labelled.sum())
        self.base_ = float((y[labelled] == 1).mean()) if labelled.any() else 0.5
        return self

    def describe(self, X: pd.DataFrame) -> npt.NDArray[np.float32]:
        """Return the context of declarations, shape (n_declarations, n_numbers)."""
        parts = [one.transform(X) for one in (*self.own.features_, *self.features_)]
        features = np.hstack(parts)[:, _last_of_each(self._feature_names())]
        models = {"": self.own, **self.others}
        beliefs = [
            np.zeros(len(X))
            if name in self.silent_
            else log_odds(model.predict_proba(X)[:, 1], _LEAST)
            for name, model in models.items()
        ]
        forms = [model.read_forms(X) for model in self._readers().values()]
        n_labels = np.full(len(X), np.log(max(self.n_labels_, 1)))
        numbers = np.column_stack([features, *beliefs, *forms, n_labels])
        return subtract_base(numbers, self.names(), self.base_).astype(np.float32)

    def names(self) -> list[str]:
        """Return the names of the numbers, in order."""
        names = self._feature_names()
        kept = [names[place] for place in _last_of_each(names)]
        beliefs = [f"belief of {name}" for name in ("the own model", *self.others)]
        forms = [f"form as read by {name}" for name in self._readers()]
        return [*kept, *beliefs, *forms, "log number of labels"]

    def _readers(self) -> dict[str, FormReader]:
        return {name: one for name, one in self.others.items() if isinstance(one, FormReader)}

    def _feature_names(self) -> list[str]:
        return [
            name for one in (*self.own.features_, *self.features_) for name in one.feature_names()
        ]


def _last_of_each(names: list[str]) -> list[int]:
    """Return the places of different names: two recipes may have a history of the same key."""
    return sorted({name: place for place, name in enumerate(names)}.values())


def subtract_base(numbers: Floats, names: list[str], base: float) -> Floats:
    """Return numbers in which histories are differences from the fraud rate among the labels.

    Few labels estimate this rate badly, and all histories are off together. The trees would take
    that for a mark of the world.

    Parameters
    ----------
    numbers : ndarray of float64, shape (n_declarations, n_numbers)
        Changed in place. Histories are log-odds, spread labels are rates.
    names : list of str
        Names of the numbers.
    base : float
        Share of fraud among the labels.
    """
    for place, name in enumerate(names):
        if name.startswith("risk of "):
            numbers[:, place] -= log_odds(base, _LEAST)
        elif name.startswith("labels spread "):
            numbers[:, place] -= base
    return numbers
