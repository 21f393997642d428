"""A team's own model in its process: run the file, take the model by its name, make it ready."""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Callable
from difflib import get_close_matches
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from customs_baselines.contract import accepted_keywords, check_model, make_model
from customs_data.errors import KitError
from customs_data.tasks import Task

_LARGEST_SEED = 2**32


def make_own_model(
    path: Path,
    name: str,
    offered: dict[str, Any],
    source: bytes | None = None,
    task: Task | None = None,
) -> Any:
    """Run a team's file and return its model; the file can import modules beside it.

    Parameters
    ----------
    path : path
        The file.
    name : str
        A class, an estimator such as a Pipeline, or a function that returns one of these. A class
        or function gets those of the offered arguments that it takes. An estimator is copied, and
        seeded (see `seed_estimator`).
    offered : dict
        Arguments; ``random_state`` is also offered as ``seed``.
    source : bytes, optional
        Run in place of the file's present content.
    task : Task, optional
        What the model answers; fraud by default.

    Raises
    ------
    KitError
        If the file does not define `name`, or it is no model.
    """
    module, value = _read(path, name, source)
    offered = offered | {"seed": offered.get("random_state", 0)}
    if inspect.isroutine(value):
        value = _call(value, name, offered)
    if isinstance(value, type):
        return make_model(value, offered, task)
    if not hasattr(value, "fit"):
        raise KitError(
            f"{name} in {path.name} is of type {type(value).__name__}. Name a class, an estimator "
            f"or a function that returns one. {_suggest(name, module)}"
        )
    model = check_model(_copied(value), name, task)
    seed_estimator(model, offered["seed"])
    return model


def load_own(path: Path, name: str, source: bytes | None = None) -> Any:
    """Run a team's file and return what it calls `name`; arguments as of `make_own_model`."""
    return _read(path, name, source)[1]


def seed_estimator(model: Any, seed: int) -> None:
    """Set ``random_state`` of an estimator and of the estimators in it, such as a Pipeline's steps.

    A number that the team has chosen is increased by `seed`: for seed 0 it stays, other seeds give
    other models, and members of an ensemble stay different. Where none is chosen, it becomes `seed`
    itself, or for several a number drawn from it.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> tree = DecisionTreeClassifier(random_state=40)
    >>> seed_estimator(tree, 2)
    >>> tree.random_state
    42
    """
    if not (hasattr(model, "get_params") and hasattr(model, "set_params")):
        return
    parameters = dict(model.get_params())
    parts = {name: part for name, part in parameters.items() if hasattr(part, "set_params")}
    for name, part in {"": model, **parts}.items():
        prefix = f"{name}__" if name else ""
        # CatBoost lists only parameters that were given, and has two names for this one.
        is_listed = f"{prefix}random_seed" in parameters
        if not is_listed and "random_state" in inspect.signature(type(part)).parameters:
            parameters.setdefault(f"{prefix}random_state", None)
    seeds = {
        name: value
        for name, value in sorted(parameters.items())
        if name.rpartition("__")[2] in ("random_state", "random_seed")
        # Where nothing is drawn, some estimators refuse a seed.
        and parameters.get(f"{name.removesuffix('random_state')}shuffle") is not False
    }
    unset = [name for name, value in seeds.items() if value is None]
    drawn = np.random.default_rng(seed).integers(_LARGEST_SEED // 2, size=len(unset)).tolist()
    chosen = dict(zip(unset, [seed] if len(unset) == 1 else drawn, strict=True))
    chosen |= {
        name: (value + seed) % _LARGEST_SEED
        for name, value in seeds.items()
        if isinstance(value, int | np.integer)
    }
    if chosen:
        model.set_params(**chosen)


def _read(path: Path, name: str, source: bytes | None) -> tuple[ModuleType, Any]:
    module = _run(path, source)
    if name not in vars(module):
        raise KitError(f"{path.name} does not define {name}. {_suggest(name, module)}")
    return module, vars(module)[name]


def _run(path: Path, source: bytes | None) -> ModuleType:
    sys.path.insert(0, str(path.parent))
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[path.stem] = module  # some libraries pickle the class
    if source is None:
        spec.loader.exec_module(module)
    else:
        exec(compile(source, path, "exec"), vars(module))  # noqa: S102 - a model is a program
    return module


def _call(function: Callable[..., Any], name: str, offered: dict[str, Any]) -> Any:
    try:
        given = accepted_keywords(function, offered)
        inspect.signature(function).bind(**given)
    except (TypeError, ValueError) as error:
        raise KitError(
            f"{name}() is called without arguments (but for seed, random_state, n_jobs, device): "
            f"{error}. Give each argument a default."
        ) from None
    value = function(**given)
    if value is None:
        raise KitError(f"{name}() returned None. End it with `return` and the estimator.")
    return value


def _copied(estimator: Any) -> Any:
    """Return an unfitted copy where that is possible."""
    from sklearn.base import clone

    try:
        return clone(estimator)
    except (TypeError, RuntimeError, ValueError):  # not of scikit-learn's manners
        pass
    try:
        return copy.deepcopy(estimator)
    except Exception:  # an estimator may contain anything, such as an open file
        return estimator


def _suggest(name: str, module: ModuleType) -> str:
    """Name the models of a module, the most similar first."""
    own = {
        key: value
        for key, value in vars(module).items()
        if not isinstance(value, type) or value.__module__ == module.__name__
    }
    models = [
        key
        for key, value in own.items()
        if hasattr(value, "fit") and hasattr(value, "predict_proba")
    ]
    if near := get_close_matches(name, models, 1):
        return f"Did you mean {near[0]}?"
    if models:
        return f"Its models: {', '.join(models)}."
    classes = [key for key, value in own.items() if isinstance(value, type)]
    if classes:
        return f"Its classes, none with fit and predict_proba: {', '.join(classes)}."
    return "It defines no class and no estimator."
