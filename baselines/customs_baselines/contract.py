"""The contract of a model: scikit-learn's conventions, and where ours are stricter."""

from __future__ import annotations

import inspect
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.errors import KitError
from customs_data.split import Split


@runtime_checkable
class FraudModel(Protocol):
    """A baseline, or a team's own class.

    ``fit(X, y)`` may also take the keywords ``y_critical`` (int8, shape (n_train,), values 0, 1, 2,
    -1) and ``X_test`` (the declarations to score: a model that reads them is *transductive* and
    marked so). Keywords are passed only to signatures that have them, and so are the constructor
    arguments ``random_state``, ``recipe``, ``device`` and ``n_jobs``.
    """

    def fit(self, X: pd.DataFrame, y: npt.NDArray[np.int8]) -> Any:
        """Learn from declared columns, shape (n_train, 20), and labels 0, 1, -1 (unlabelled)."""

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return shape (n_declarations, 2): columns honest and fraud."""


def accepted_keywords(function: Any, offered: dict[str, Any]) -> dict[str, Any]:
    """Return the offered keywords that the signature of `function` has."""
    return {
        name: value
        for name, value in offered.items()
        if name in inspect.signature(function).parameters
    }


def is_transductive(model_class: type) -> bool:
    """Whether the model's fit reads the declarations it will score."""
    fit = getattr(model_class, "fit", None)
    return fit is not None and "X_test" in inspect.signature(fit).parameters


def make_model(model_class: type, offered: dict[str, Any]) -> FraudModel:
    """Construct a model with those of the offered arguments that it takes.

    Raises
    ------
    KitError
        If the result has no fit or predict_proba.
    """
    # The signature of the class, which also suits classes without __init__.
    model = model_class(**accepted_keywords(model_class, offered))
    if not isinstance(model, FraudModel):
        raise KitError(
            f"{model_class.__name__} lacks fit(X, y) or predict_proba(X). "
            "See `customs-kit baseline run --help`."
        )
    return model


def fit_and_score(model: FraudModel, split: Split) -> npt.NDArray[np.float64]:
    """Fit a model and return its scores of the test declarations, shape (n_test,).

    Raises
    ------
    KitError
        If the training labels are of one class only, or predict_proba breaks the contract.
    """
    known = np.unique(split.y[split.y >= 0])
    if len(known) < 2:
        classes = {0: "honest only", 1: "fraud only"}.get(
            int(known[0]) if len(known) else -1, "all unknown"
        )
        raise KitError(
            f"The training labels are {classes}: models need both classes. Raise the label rate."
        )
    # Copies, so that a model that changes its input does not change which rows are scored.
    offered: dict[str, Any] = {name: labels.copy() for name, labels in split.keywords.items()}
    offered["X_test"] = split.test.copy()
    model.fit(split.train, split.y.copy(), **accepted_keywords(model.fit, offered))
    proba = np.asarray(model.predict_proba(split.test.copy()), dtype=np.float64)
    if proba.shape != (len(split.test), 2):
        raise KitError(
            f"predict_proba must return shape ({len(split.test)}, 2), columns honest and fraud, "
            f"but it returned {proba.shape}."
        )
    scores = proba[:, 1]
    if wrong := int((~np.isfinite(scores)).sum()):
        raise KitError(
            f"predict_proba must return finite numbers, but {wrong:,} of its {len(scores):,} are "
            "NaN or infinite."
        )
    return scores
