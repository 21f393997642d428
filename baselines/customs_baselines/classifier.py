"""Base class of models of declarations: what scikit-learn expects of every classifier."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from customs_data.errors import KitError
from customs_data.schema import ERASED

Method = Callable[..., Any]


class DeclarationClassifier(ClassifierMixin, BaseEstimator):
    """Base class of models whose `fit` and `predict_proba` read declarations.

    Adds `predict`, ``n_features_in_`` and ``feature_names_in_``, checks of what is fitted, and the
    error for a model that is not fitted yet.

    Notes
    -----
    `fit` and `predict_proba` of a subclass are wrapped when the class is made, as scikit-learn
    wraps `transform`. Their signatures stay, because they say which keywords a model takes.

    Attributes
    ----------
    labels : tuple of int
        Class attribute: labels that the model learns, beside -1 for unlabelled.
    """

    labels: ClassVar[tuple[int, ...]] = (0, 1)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, wrap in (("fit", _checking_fit), ("predict_proba", _checking_predict_proba)):
            if name in vars(cls):
                setattr(cls, name, wrap(vars(cls)[name]))

    def predict(self, X: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Return 1 where fraud is more likely than not, else 0; shape (n_declarations,).

        Inspections do not ask for this but for an order: see `predict_proba`.
        """
        check_is_fitted(self)
        classes: npt.NDArray[np.int64] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return classes

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.string = tags.input_tags.allow_nan = True
        return tags


def _checking_fit(fit: Method) -> Method:
    """Return a `fit` that checks what it gets and remembers the columns."""

    @wraps(fit)
    def checked(self: Any, X: pd.DataFrame, y: npt.ArrayLike, *arguments: Any, **named: Any) -> Any:
        labels = _check_labels(type(self).__name__, X, y, self.labels)
        fitted = fit(self, X, labels, *arguments, **named)
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        return fitted

    return checked


def _checking_predict_proba(predict_proba: Method) -> Method:
    """Return a `predict_proba` that is clear about a model that is not fitted."""

    @wraps(predict_proba)
    def checked(self: Any, X: pd.DataFrame) -> Any:
        check_is_fitted(self)
        return predict_proba(self, X)

    return checked


def _check_labels(
    name: str, X: pd.DataFrame, y: npt.ArrayLike, known: tuple[int, ...]
) -> npt.NDArray[np.int8]:
    """Check what a model is fitted on; return the labels.

    Raises
    ------
    KitError
        If `X` is no DataFrame, or `y` has anything but known labels and -1.
    ValueError
        If there is no declaration, or `y` is missing or of another length.
    """
    if not isinstance(X, pd.DataFrame):
        raise KitError(
            f"{name} reads a DataFrame with the declared columns, but X is of type "
            f"{type(X).__name__}."
        )
    if len(X) == 0:
        raise ValueError(f"{name} has no declaration (0 samples) to learn from.")
    if y is None:
        raise ValueError(f"{name} requires y to be passed, but the target y is None.")
    labels = np.asarray(y)
    check_consistent_length(X, labels)
    if labels.dtype.kind not in "iufb" or not np.isin(labels, (ERASED, *known)).all():
        listed = ", ".join(map(str, known))
        raise KitError(
            f"{name} reads labels {listed} and -1 (unlabelled), but y has others or is of type "
            f"{labels.dtype}."
        )
    return labels.astype(np.int8, copy=False)
