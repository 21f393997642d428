"""`simulated_prior`: learned on many other worlds how to read few labels, applied to this one."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.classifier import DeclarationClassifier
from customs_baselines.contract import FraudModel
from customs_baselines.mixed.estimator import GraphMixedEffects
from customs_baselines.models.lightgbm_team import LightGBMTeam
from customs_baselines.models.structured_likelihood import StructuredLikelihood
from customs_baselines.priors.label_context import LabelContext
from customs_baselines.priors.weights import load_weights
from customs_data.columns.column_set import extra_names


class SimulatedPrior(DeclarationClassifier):
    """Trees that learned from other worlds what labels in the neighbourhood of a row mean.

    Parameters
    ----------
    random_state : int
        Seed of the model that is fitted to this edition, and key of the folds.
    n_jobs : int
        Threads.

    Notes
    -----
    With few labels, the hard part is not to read them but to know how far to trust them: how much
    one fraud of a seller says about its other buyers, when a new importer behind a certain broker
    is alarming. This can be learned where all labels are known, in worlds of our own. Each training
    row is a declaration of such a world, described by `LabelContext` with few labels kept, and by
    what other models believe, the simulator's own likelihood among them; the target is its true
    probability. The trees are shipped with the package; `make prior` trains them again.

    A team with the source code can do this, an office cannot: its results are marked *simulator*.
    """

    def __init__(self, random_state: int = 0, n_jobs: int = 1) -> None:
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], *, X_test: pd.DataFrame | None = None
    ) -> Self:
        """Read the labels of this edition as context.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.
        X_test : DataFrame, shape (n_test, 20), optional
            Declarations to be scored (transductive).

        Raises
        ------
        KitError
            If the package has no prior, or one for other features.
        """
        context = make_context(self.random_state, self.n_jobs)
        later = None if X_test is None else _declared(X_test)
        self.context_ = context.fit(_declared(X), y, later)
        self.trees_ = load_weights().booster(self.context_.names())
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2): honest, fraud."""
        numbers = self.context_.describe(_declared(X))
        fraud = np.asarray(self.trees_.predict(numbers, num_threads=self.n_jobs))
        return np.column_stack([1.0 - fraud, fraud])


def _declared(X: pd.DataFrame) -> pd.DataFrame:
    """Return declarations without extra columns, which other worlds do not have."""
    return X.drop(columns=[*extra_names(X)])


def make_context(random_state: int = 0, n_jobs: int = 1) -> LabelContext:
    """Return the unfitted context that the prior reads, in training as in use."""
    own = LightGBMTeam(n_seeds=1, random_state=random_state, n_jobs=n_jobs)
    others: dict[str, FraudModel] = {
        "mixed_effects_graph": GraphMixedEffects(),
        "structured_likelihood": StructuredLikelihood(),
    }
    return LabelContext(own, others, random_state)


ESTIMATOR = SimulatedPrior
RECIPE = None
SIMULATOR = True
SUMMARY = "Trees trained on other worlds to read this one's labels, which are their context."
