"""What the feature recipes share as scikit-learn transformers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from customs_data.errors import KitError
from customs_data.schema import ERASED

Floats = npt.NDArray[np.float64]


class DeclarationTransformer(TransformerMixin, BaseEstimator, ABC):
    """Base class of features of declarations.

    Columns are read by name: their order does not matter. Extra columns (`extra_names`) are read by
    recipe `kit` only. A subclass defines `columns_read`, `learn_features`, `find_features` and
    `feature_names`.

    Notes
    -----
    ``fit_transform(X, y)`` differs from ``fit(X, y).transform(X)`` on purpose. It returns features
    for training, in which a row's own label (and own counts) take no part. `transform` is for other
    declarations. In a Pipeline, scikit-learn calls the right one of the two.
    """

    @property
    def needs_labels(self) -> bool:
        """Whether fitting needs labels."""
        return True

    @abstractmethod
    def columns_read(self) -> tuple[str, ...]:
        """Return the declared columns that the features read."""

    @abstractmethod
    def learn_features(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Floats:
        """Learn; return the features of training rows, shape (n_train, n_features)."""

    @abstractmethod
    def find_features(self, X: pd.DataFrame) -> Floats:
        """Return the features of other declarations, shape (n_declarations, n_features)."""

    @abstractmethod
    def feature_names(self) -> list[str]:
        """Return the names of the features, in order."""

    def fit(self, X: pd.DataFrame, y: npt.ArrayLike | None = None) -> Self:
        """Learn from training declarations; parameters as of `fit_transform`."""
        self.learn_features(X, self.check_training(X, y))
        return self

    def fit_transform(self, X: pd.DataFrame, y: npt.ArrayLike | None = None) -> Floats:
        """Learn from training declarations and return their features; see Notes of the class.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns.
        y : array of int, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled. May be None for features without labels.

        Returns
        -------
        ndarray of float64, shape (n_train, n_features)
            Or a DataFrame after ``set_output(transform="pandas")``.

        Raises
        ------
        KitError
            If `X` is no DataFrame or lacks a column, or `y` contains no numbers.
        ValueError
            If there is no declaration, or `y` is needed and None or of another length.
        """
        return self.learn_features(X, self.check_training(X, y))

    def transform(self, X: pd.DataFrame) -> Floats:
        """Return the features of other declarations than those of training.

        Parameters
        ----------
        X : DataFrame, shape (n_declarations, 20)
            Declared columns.

        Returns
        -------
        ndarray of float64, shape (n_declarations, n_features)
            Or a DataFrame after ``set_output(transform="pandas")``.

        Raises
        ------
        NotFittedError
            Before `fit` or `fit_transform`.
        KitError
            If `X` is no DataFrame or lacks a column.
        """
        check_is_fitted(self)
        self._check_columns(X)
        return self.find_features(X)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Return the names of the features, shape (n_features,); `input_features` is not read."""
        return np.array(self.feature_names(), dtype=object)

    def check_training(self, X: pd.DataFrame, y: npt.ArrayLike | None) -> npt.NDArray[np.int8]:
        """Check what is fitted, remember its columns, and return the labels as an array."""
        self._check_columns(X)
        name = type(self).__name__
        if len(X) == 0:
            raise ValueError(f"{name} has no declaration (0 samples) to learn from.")
        if y is None:
            if self.needs_labels:
                raise ValueError(f"{name} requires y to be passed, but the target y is None.")
            y = np.full(len(X), ERASED, dtype=np.int8)
        labels = np.asarray(y)
        if labels.dtype.kind not in "iufbO":  # objects are compared one by one
            raise KitError(
                f"{name} reads labels 1, 0 and -1 (unlabelled), but y is of type {labels.dtype}."
            )
        check_consistent_length(X, labels)
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        return labels

    def _check_columns(self, X: object) -> None:
        name = type(self).__name__
        if not isinstance(X, pd.DataFrame):
            raise KitError(
                f"{name} reads a DataFrame with the declared columns, but X is of type "
                f"{type(X).__name__}."
            )
        if missing := [column for column in self.columns_read() if column not in X.columns]:
            raise KitError(f"{name} reads columns that X lacks: {', '.join(missing)}.")

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self.needs_labels
        tags.input_tags.string = tags.input_tags.allow_nan = True
        return tags


class ContextTransformer(DeclarationTransformer):
    """Base class of features that may also read the declarations to be scored, as context.

    A subclass defines `learn_in_context` instead of `learn_features`.
    """

    @abstractmethod
    def learn_in_context(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], context: pd.DataFrame
    ) -> Floats:
        """Learn; return the features of training rows, shape (n_train, n_features).

        `context` has the training rows, then the declarations to be scored if they are known.
        """

    def fit_transform(
        self,
        X: pd.DataFrame,
        y: npt.ArrayLike | None = None,
        X_test: pd.DataFrame | None = None,
    ) -> Floats:
        """Learn and return the features of training rows; see Notes of the base class.

        Parameters
        ----------
        X_test : DataFrame, shape (n_test, 20), optional
            Declarations to be scored, which join the context without labels. Other parameters,
            returns and errors are those of `DeclarationTransformer.fit_transform`.
        """
        y = self.check_training(X, y)
        parts = [X] if X_test is None else [X, X_test]
        return self.learn_in_context(X, y, pd.concat(parts, ignore_index=True))

    def learn_features(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Floats:
        """Learn from training rows alone; return their features."""
        return self.learn_in_context(X, y, X.reset_index(drop=True))
