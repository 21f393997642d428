"""The catalogue of baselines: the modules of `customs_baselines.models`."""

from __future__ import annotations

import ast
import pkgutil
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from customs_data.errors import KitError
from customs_data.tasks import DEFAULT, task_names

RECIPES = ("paper", "kit")
# By name: a model (the ensemble) imports the catalogue.
_MODELS: Final = "customs_baselines.models"


@dataclass(frozen=True)
class Baseline:
    """A catalogue entry.

    Attributes
    ----------
    name : str
        Name of its module.
    estimator : str
        Name of its class.
    recipe : str or None
        Default feature recipe; None for a model that reads the declared columns itself.
    summary : str
        One line.
    from_simulator : bool
        Whether it learned from other worlds of the simulator. Its results are marked.
    is_yardstick : bool
        Whether others are compared with it, rather than it with them. Its results are marked.
    task : str
        Task that it answers.
    """

    name: str
    estimator: str
    recipe: str | None
    summary: str
    from_simulator: bool = False
    is_yardstick: bool = False
    task: str = DEFAULT

    def load_class(self) -> type:
        """Import the estimator's class (and the library it needs)."""
        estimator: type = getattr(import_module(_module(self.name, self.task)), self.estimator)
        return estimator


def _package(task: str) -> str:
    """Return the package of a task's baselines: a folder of its name, else that of fraud."""
    own = f"{_MODELS}.{task}"
    return own if task != DEFAULT and task.isidentifier() and find_spec(own) else _MODELS


def _module(name: str, task: str) -> str:
    return f"{_package(task)}.{name}"


def list_baselines(task: str = DEFAULT) -> list[Baseline]:
    """Return all baselines of a task by name, without importing the libraries they need."""
    package = import_module(_package(task))
    infos = pkgutil.iter_modules(package.__path__)
    return [_read(name, task) for name in sorted(it.name for it in infos if not it.ispkg)]


def tasks_with_baselines() -> list[str]:
    """Return the tasks that have baselines of their own, the default first."""
    return [task for task in task_names() if task == DEFAULT or _package(task) != _MODELS]


def default_baselines(task: str = DEFAULT) -> tuple[str, ...]:
    """Return the baselines that `baseline run` runs when none is named."""
    names: tuple[str, ...] = import_module(_package(task)).DEFAULT_BASELINES
    return names


def find_baseline(name: str, task: str = DEFAULT) -> Baseline:
    """Return one baseline of a task.

    Raises
    ------
    KitError
        If no baseline has the name.
    """
    known = {baseline.name: baseline for baseline in list_baselines(task)}
    if name not in known:
        others = [it for it in task_names() if it != task and _has(name, it)]
        if others and _package(task) != _package(others[0]):
            raise KitError(f"The baseline {name!r} is for the task {others[0]}, not for {task}.")
        raise KitError(f"Unknown baseline {name!r}. {_suggest(name, list(known))}")
    return known[name]


def _has(name: str, task: str) -> bool:
    return name.isidentifier() and find_spec(_module(name, task)) is not None


def _suggest(name: str, known: list[str]) -> str:
    if Path(f"{name}.py").is_file():
        return f"Did you mean {name}.py?"
    file, _, own = name.rpartition(".")
    if Path(f"{file}.py").is_file() and own.isidentifier():
        return f"Your own model is FILE.py:NAME. Did you mean {file}.py:{own}?"
    plain = name.lower().replace("-", "_")
    near = [it for it in known if plain and it.startswith(plain)]
    if near := near or get_close_matches(plain, known, 1, cutoff=0.65):
        return f"Did you mean {near[0]}? `customs-kit baseline list` describes all."
    return f"Choose one of {', '.join(known)}, or FILE.py:NAME for a model of your own."


def _read(name: str, task: str = DEFAULT) -> Baseline:
    """Read a module's constants from its source, so that a list needs no heavy library."""
    spec = find_spec(_module(name, task))
    assert spec is not None
    assert spec.origin is not None
    constants: dict[str, Any] = {}
    for node in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            target = node.targets[0].id
            if target in ("RECIPE", "SUMMARY", "SIMULATOR", "YARDSTICK"):
                constants[target] = ast.literal_eval(node.value)
            elif target == "ESTIMATOR" and isinstance(node.value, ast.Name):
                constants[target] = node.value.id
    missing = {"ESTIMATOR", "RECIPE", "SUMMARY"} - constants.keys()
    if missing:
        raise TypeError(f"{spec.origin} lacks the module constant(s) {', '.join(sorted(missing))}")
    return Baseline(
        name,
        constants["ESTIMATOR"],
        constants["RECIPE"],
        constants["SUMMARY"],
        constants.get("SIMULATOR", False),
        constants.get("YARDSTICK", False),
        task,
    )


def marks_of(name: str, transductive: bool, task: str = DEFAULT) -> str:
    """Return what a table says behind a model's name, so that no result is misread.

    Parameters
    ----------
    name : str
        A baseline, or a model of a team's own.
    transductive : bool
        Whether it read the declarations that it scored.
    task : str
        Task of the results.

    Examples
    --------
    >>> marks_of("xgboost", False), marks_of("simulator_transfer", True)
    ('', ' (transductive, simulator)')
    >>> marks_of("structured_likelihood", True)
    ' (transductive, simulator, yardstick)'
    """
    marks = ["transductive"] * transductive
    if _has(name, task):
        baseline = _read(name, task)
        marks += ["simulator"] * baseline.from_simulator + ["yardstick"] * baseline.is_yardstick
    return f" ({', '.join(marks)})" if marks else ""
