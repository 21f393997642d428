"""The contract of a model: scikit-learn's conventions, and where ours are stricter."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
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
        """Learn from declared and extra columns, (n_train, 20 + n_extra), and labels 0, 1, -1."""

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
        If the class needs other arguments, or has no fit or predict_proba.
    """
    name = model_class.__name__
    # The signature of the class, which also suits classes without __init__.
    given = accepted_keywords(model_class, offered)
    for parameter in inspect.signature(model_class).parameters.values():
        is_open = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.default is parameter.empty and not is_open and parameter.name not in given:
            raise KitError(
                f"{name}.__init__ needs {parameter.name}. Give {parameter.name} a default, as in "
                f"def __init__(self, {parameter.name}=...)."
            )
    return check_model(model_class(**given), name)


def check_model(model: Any, name: str) -> FraudModel:
    """Return the model if it has fit and predict_proba.

    Raises
    ------
    KitError
        If one of them is missing or takes other arguments.
    """
    for method, arguments in (("fit", "X, y"), ("predict_proba", "X")):
        function = getattr(model, method, None)
        if not callable(function):
            raise KitError(f"{name} has no {method}({arguments}). {_way_out(model, method)}")
        try:
            inspect.signature(function).bind(*arguments.split(", "))
        except TypeError:
            raise KitError(
                f"{name}.{method} cannot be called with {arguments.replace(', ', ' and ')}. "
                f"Write it as def {method}(self, {arguments})."
            ) from None
        except ValueError:  # a compiled function without a signature
            continue
    checked: FraudModel = model
    return checked


def _way_out(model: Any, method: str) -> str:
    if method == "fit":
        return "Add def fit(self, X, y), which learns and returns self."
    if hasattr(model, "decision_function"):
        return (
            "It gives scores, but no probabilities: put CalibratedClassifierCV of "
            "sklearn.calibration around it."
        )
    if getattr(model, "_estimator_type", None) == "regressor":
        return "It is a regressor; take the classifier of the same library."
    return (
        "Add it: one row per declaration, np.column_stack([1 - p, p]) for probabilities p of fraud."
    )


def reads_unlabelled(model: Any) -> bool:
    """Whether the model's fit expects y = -1 for unlabelled declarations.

    A fit that a team or the kit has written does. That of an installed library takes -1 for a third
    class, except scikit-learn's semi-supervised models. The last step of a Pipeline decides.
    """
    if type(model).__module__ == "sklearn.pipeline" and getattr(model, "steps", None):
        return reads_unlabelled(model.steps[-1][1])
    owner = next((it for it in type(model).__mro__ if "fit" in vars(it)), type(model))
    if owner.__module__.startswith(("customs_baselines.", "customs_kit.", "sklearn.semi_super")):
        return True
    file = getattr(sys.modules.get(owner.__module__), "__file__", None) or ""
    return not {"site-packages", "dist-packages"} & {*Path(file).parts}


def fit_and_score(model: FraudModel, split: Split) -> npt.NDArray[np.float64]:
    """Fit a model and return its scores of the test declarations, shape (n_test,).

    A model that does not know y = -1 (`reads_unlabelled`) is fitted on labelled declarations only.

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
    X, y = split.train, split.y.copy()
    offered: dict[str, Any] = {name: labels.copy() for name, labels in split.keywords.items()}
    if (y < 0).any() and not reads_unlabelled(model):
        X = X[y >= 0].reset_index(drop=True)
        offered = {name: labels[y >= 0] for name, labels in offered.items()}
        y = y[y >= 0]
    offered["X_test"] = split.test.copy()
    model.fit(X, y, **accepted_keywords(model.fit, offered))
    proba = np.asarray(model.predict_proba(split.test.copy()), dtype=np.float64)
    if proba.shape != (len(split.test), 2):
        raise KitError(
            _shape_error(proba.shape, len(split.test), has_unlabelled=bool((y < 0).any()))
        )
    scores = proba[:, 1]
    if wrong := int((~np.isfinite(scores)).sum()):
        raise KitError(
            f"predict_proba must return finite numbers, but {wrong:,} of its {len(scores):,} are "
            "NaN or infinite."
        )
    return scores


def _shape_error(shape: tuple[int, ...], n_test: int, *, has_unlabelled: bool) -> str:
    expected = f"({n_test}, 2), columns honest and fraud"
    if shape == (n_test, 3) and has_unlabelled:
        return (
            "predict_proba returned 3 columns instead of 2: y contains -1 for unlabelled "
            "declarations, which your model took for a class. Fit it on X[y >= 0] and y[y >= 0]."
        )
    text = f"predict_proba must return shape {expected}, but it returned {shape}."
    if shape == (n_test,):
        text += " Return np.column_stack([1 - p, p]) of these probabilities p."
    return text
