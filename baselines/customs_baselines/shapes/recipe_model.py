"""Base class of classic models: a feature recipe, then a classifier on labelled rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.classifier import DeclarationClassifier
from customs_baselines.features import make_features
from customs_baselines.features.folds import ONE_VIEW
from customs_baselines.features.row_blocks import FeatureRows, MatrixRows, read_all, read_blocks
from customs_baselines.mixed.estimator import MixedEffects
from customs_baselines.shapes.calibration import Calibration, learn_calibration
from customs_data.errors import KitError
from customs_data.parallel import threads

Floats = npt.NDArray[np.float64]


class RecipeModel(DeclarationClassifier, ABC):
    """A classifier over the features of a recipe.

    Parameters
    ----------
    recipe : {'kit', 'paper'}
        ``paper``: label encoding and min-max scaling, the library's default hyper-parameters.
        ``kit``: engineered features and hyper-parameters chosen by time-ordered validation
        (`studies.settings_search`).
    settings : mapping, optional
        Hyper-parameters that replace those of the recipe.
    random_state : int
        Seed of features and classifier.
    n_jobs : int
        Threads.

    Attributes
    ----------
    paper, kit : dict
        Class attributes: hyper-parameters of the two recipes. Those of ``paper`` are the library's
        defaults, written out so that a new release does not change the paper's row.
    candidates : tuple of dict
        Class attribute: the hyper-parameters from which ``kit`` was chosen.
    views : tuple of float
        Class attribute: the descriptions of each training declaration to learn from under ``kit``
        (see `KitFeatures.fit_rows`). Several do not suit models that validate on some of the rows.
    calibrated : dict of str to int
        Class attribute: recipes whose scores need a `Calibration` to be probabilities, and how many
        rows each of the three classifiers behind it learns from at most.
    """

    paper: ClassVar[Mapping[str, Any]]
    kit: ClassVar[Mapping[str, Any]]
    candidates: ClassVar[tuple[Mapping[str, Any], ...]]
    views: ClassVar[tuple[float, ...]] = ONE_VIEW
    calibrated: ClassVar[Mapping[str, int]] = {}

    def __init__(
        self,
        recipe: str = "kit",
        settings: Mapping[str, Any] | None = None,
        random_state: int = 0,
        n_jobs: int = 1,
    ) -> None:
        self.recipe = recipe
        self.settings = settings
        self.random_state = random_state
        self.n_jobs = n_jobs

    @abstractmethod
    def build(self, settings: dict[str, Any]) -> Any:
        """Return the unfitted classifier with these hyper-parameters."""

    def make_classifier(self) -> Any:
        """Return the unfitted classifier of ``self.recipe``.

        Raises
        ------
        KitError
            If `settings` has a hyper-parameter that the recipe lacks.
        """
        settings = dict(self.paper if self.recipe == "paper" else self.kit)
        if unknown := sorted(set(self.settings or {}) - settings.keys()):
            raise KitError(
                f"{type(self).__name__} has no setting {', '.join(unknown)}: choose among "
                f"{', '.join(settings)}."
            )
        return self.build(settings | dict(self.settings or {}))

    def fit(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Self:
        """Learn from labelled rows (the recipe may use the others).

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.
        """
        self.features_ = make_features(self.recipe, self.random_state)
        rows = self.features_.fit_rows(X, y, self.views)
        n_views = len(rows) // len(y)
        self.calibration_ = None
        if most_rows := self.calibrated.get(self.recipe):
            self.calibration_ = self._calibrate(X, y, rows, most_rows)
        self.classifier_ = self.train(rows, np.tile(y, n_views), 1 / n_views)
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2): honest, fraud."""
        proba = np.empty((len(X), 2))
        with threads(self.n_jobs) as executor:
            for block, features in read_blocks(self.features_.find_rows(X), executor):
                proba[block] = self.classifier_.predict_proba(features)
        return self.calibrate(proba)

    def calibrate(self, proba: Floats) -> Floats:
        """Return the classifier's probabilities, shape (n_rows, 2), as those of the model."""
        if self.calibration_ is None:
            return proba
        fraud = self.calibration_.apply(proba[:, 1])
        return np.column_stack([1.0 - fraud, fraud])

    def second_opinion(self) -> MixedEffects | None:
        """Return a fitted model that the score asks (`mean_of_opinions`); here None."""
        return None

    def train(self, rows: FeatureRows, y: npt.NDArray[np.int8], weight: float = 1.0) -> Any:
        """Return the classifier of ``self.recipe``, fitted on the labelled rows.

        Parameters
        ----------
        rows : FeatureRows, length n_rows
        y : ndarray of int8, shape (n_rows,)
            1, 0 or -1.
        weight : float
            Weight of every row: less than 1 if each declaration has several.
        """
        labelled = y >= 0
        classifier = self.make_classifier()
        # Pipelines take no weight, and equal ones of 1 change nothing.
        weights = {} if weight == 1 else {"sample_weight": np.full(labelled.sum(), weight)}
        classifier.fit(read_all(rows)[labelled], y[labelled], **weights)
        return classifier

    def _calibrate(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], rows: FeatureRows, most_rows: int
    ) -> Calibration | None:
        features = rows.read(0, len(y))  # the first description of each declaration

        def score_others(others: npt.NDArray[np.intp], own: npt.NDArray[np.intp]) -> Floats:
            classifier = self.train(MatrixRows(features[others]), y[others])
            return np.asarray(classifier.predict_proba(features[own])[:, 1], dtype=np.float64)

        return learn_calibration(score_others, X, y, most_rows, self.random_state)
