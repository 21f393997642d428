"""The contract of a model: scikit-learn's conventions, and where ours are stricter."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_data.errors import KitError
from customs_data.tasks import Answer, Choices, Groups, Scores, Task, find_task


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


@runtime_checkable
class ChoiceModel(Protocol):
    """A model of a task whose answers are choices, such as goods; keywords as of `FraudModel`.

    Label columns of the training declarations are offered as the task's keywords (``y_fraud``).
    """

    def fit(self, X: pd.DataFrame, codes: npt.NDArray[np.str_]) -> Any:
        """Learn from the columns that test has, shape (n_train, n_columns), and texts (n_train,).

        The texts are as declared: some are wrong.
        """

    def rank(self, X: pd.DataFrame, k: int) -> npt.NDArray[np.str_]:
        """Return up to k different texts per declaration, best first, shape (n, k); "" for none."""


@runtime_checkable
class GroupModel(Protocol):
    """A model of a task whose answers are groups of importers; keywords as of `FraudModel`.

    Label columns are offered as the task's keywords (``y_fraud``), -1 for declarations of test.
    """

    def fit(self, X: pd.DataFrame, known: pd.DataFrame) -> Any:
        """Learn from all declarations, training and test, and the known memberships.

        Parameters
        ----------
        X : DataFrame, shape (n_train + n_test, 20)
            Declared columns.
        known : DataFrame, shape (n_known, 2)
            Importer ID and group; NaN for an importer in none.
        """

    def group(self, importers: npt.NDArray[np.str_]) -> npt.NDArray[Any]:
        """Return the group of each importer asked, any numbers or texts, shape (n_importers,)."""


Model = FraudModel | ChoiceModel | GroupModel

#: By kind of answer: the method that answers, its arguments, and how to write it.
_METHODS: Final[dict[type[Answer], tuple[str, str]]] = {
    Scores: ("predict_proba", "X"),
    Choices: ("rank", "X, k"),
    Groups: ("group", "importers"),
}


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


def make_model(model_class: type, offered: dict[str, Any], task: Task | None = None) -> Any:
    """Construct a model with those of the offered arguments that it takes.

    Parameters
    ----------
    model_class : type
    offered : dict
        Constructor arguments.
    task : Task, optional
        What the model answers; fraud by default.

    Raises
    ------
    KitError
        If the class needs other arguments, or lacks fit or the method that answers.
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
    return check_model(model_class(**given), name, task)


def check_model(model: Any, name: str, task: Task | None = None) -> Any:
    """Return the model if it has fit and the method that answers the task (fraud by default).

    Raises
    ------
    KitError
        If one of them is missing or takes other arguments.
    """
    answers = _METHODS[type((task or find_task()).answer)]
    for method, arguments in (("fit", "X, y"), answers):
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
    return model


def _way_out(model: Any, method: str) -> str:
    if method == "fit":
        return "Add def fit(self, X, y), which learns and returns self."
    if method == "rank":
        return "Add it: up to k codes per declaration, best first, as an array of shape (n, k)."
    if method == "group":
        return "Add it: the group of each importer, any numbers or texts, in their order."
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
