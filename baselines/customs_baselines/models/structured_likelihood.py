"""`structured_likelihood`: a yardstick for who knows how the world is made, but not its secret.

It uses the generator's own form and published settings, and learns the rest: clusters without
labels, then effects, importers and rings with them. A model that reads only the file should come
close. It is written for our worlds: real declarations are not made like that.
"""

from __future__ import annotations

from typing import NoReturn, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.classifier import DeclarationClassifier
from customs_baselines.likelihood.book import Book
from customs_baselines.likelihood.effects import make_design
from customs_baselines.likelihood.membership import find_clusters
from customs_baselines.likelihood.rings import score_declarations
from customs_baselines.likelihood.scheme_mixes import centre, weigh_evidence
from customs_baselines.steps import step
from customs_data.errors import KitError
from customs_data.schema import ERASED, KEY
from customs_data.world.configuration import load_configuration

_WEIGHT_OF_FORM = 0.7  # effects of goods and mass say a part of it already; judged on own worlds


class StructuredLikelihood(DeclarationClassifier):
    """Most likely effects, clusters and rings under the simulator's form; transductive.

    The log-odds of an ordinary declaration are the sum of effects of goods, filing, mass, season
    and drift, of its broker and seller, and of its importer, who may be a repeat offender. A ring's
    declarations have the ring's log-odds and feel a part of goods and filing. Each effect has a
    normal prior with the published spread. Labels are missed or wrong with the published shares.

    Which declarations belong to one hidden cluster is found without labels, from brokers, routes,
    goods, sellers, paperwork and short lives. Labels then say which clusters are rings.

    The form itself says something too: whether mass, price, goods and mark are those of the
    importer's other declarations, or what a scheme would make of them. The odds of a declaration
    without a label are those above, times this likelihood ratio, which also tells about its
    importer.

    Places on the circle of acquaintance were not recovered in any trial (ties are too few and too
    noisy): brokers and sellers get a larger spread instead, so that importers share what they
    share.

    Parameters
    ----------
    configuration : str
        Name of the configuration, or path of its TOML file. Its settings are read; nothing that a
        secret draws is.
    """

    def __init__(self, configuration: str = "practice") -> None:
        self.configuration = configuration

    def fit(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], *, X_test: pd.DataFrame | None = None
    ) -> Self:
        """Learn from all declarations and the known labels.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns.
        y : ndarray of int8, shape (n_train,)
            1, 0, or -1 for no label.
        X_test : DataFrame, shape (n_test, 20), optional
            Declarations to be scored (transductive).
        """
        self.train_, self.y_ = X, y.copy()
        self.context_ = X if X_test is None else pd.concat([X, X_test], ignore_index=True)
        self.scores_, self.evidence_ = self._score(self.context_)
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2): honest, fraud.

        Declarations that `fit` did not read join the training rows, and all is learned again.
        """
        p, _ = self._look_up(X)
        return np.column_stack([1.0 - p, p])

    def read_forms(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return ln of P(form | cheat) / P(form | honest) of declarations, shape (n,)."""
        _, evidence = self._look_up(X)
        return evidence

    def explain_declaration(self, X: pd.DataFrame, declaration_id: str) -> NoReturn:
        """Raise an error: a score depends on all declarations together."""
        raise KitError(
            "structured_likelihood scores all declarations together. Explain another model, such "
            "as xgboost."
        )

    def _look_up(self, X: pd.DataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return what `_score` says of some declarations."""
        X = X.reset_index(drop=True)
        places = pd.Index(self.context_[KEY]).get_indexer(pd.Index(X[KEY]))
        known = bool((places >= 0).all())
        if known and self.context_.iloc[places].reset_index(drop=True).equals(X):
            return self.scores_[places], self.evidence_[places]
        n = len(self.train_)
        p, evidence = self._score(pd.concat([self.train_, X], ignore_index=True))
        return p[n:], evidence[n:]

    def _score(
        self, declarations: pd.DataFrame
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the probability of fraud and the evidence of the form, each of shape (n,).

        `declarations` are those of training, then later ones.
        """
        configuration = load_configuration(self.configuration)
        y = np.full(len(declarations), ERASED, dtype=np.int8)
        y[: len(self.y_)] = self.y_
        book = Book(declarations)
        with step("clusters"):
            membership, ordinary = find_clusters(book, configuration)
        with step("forms"):
            evidence = weigh_evidence(declarations, y, membership, configuration)
        with step("effects and rings"):
            design = make_design(declarations, book, ordinary, configuration)
            base = configuration.inspection.fraud_rate
            form = centre(_WEIGHT_OF_FORM * evidence, base)
            return score_declarations(design, membership, y, form, configuration), evidence


ESTIMATOR = StructuredLikelihood
RECIPE = None
SIMULATOR = True
YARDSTICK = True
SUMMARY = "The simulator's own form and spreads, fitted to this world: who knows how it is made."
