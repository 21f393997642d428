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
    """

    name: str
    estimator: str
    recipe: str | None
    summary: str
    from_simulator: bool = False
    is_yardstick: bool = False

    def load_class(self) -> type:
        """Import the estimator's class (and the library it needs)."""
        estimator: type = getattr(import_module(f"{_MODELS}.{self.name}"), self.estimator)
        return estimator


def list_baselines() -> list[Baseline]:
    """Return all baselines by name, without importing the libraries they need."""
    names = sorted(info.name for info in pkgutil.iter_modules(import_module(_MODELS).__path__))
    return [_read(name) for name in names if not name.startswith("_")]


def find_baseline(name: str) -> Baseline:
    """Return one baseline.

    Raises
    ------
    KitError
        If no baseline has the name.
    """
    known = {baseline.name: baseline for baseline in list_baselines()}
    if name not in known:
        raise KitError(f"Unknown baseline {name!r}. {_suggest(name, list(known))}")
    return known[name]


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


def _read(name: str) -> Baseline:
    """Read a module's constants from its source, so that a list needs no heavy library."""
    spec = find_spec(f"{_MODELS}.{name}")
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
    )


def marks_of(name: str, transductive: bool) -> str:
    """Return what a table says behind a model's name, so that no result is misread.

    Parameters
    ----------
    name : str
        A baseline, or a model of a team's own.
    transductive : bool
        Whether it read the declarations that it scored.

    Examples
    --------
    >>> marks_of("xgboost", False), marks_of("simulator_transfer", True)
    ('', ' (transductive, simulator)')
    >>> marks_of("structured_likelihood", True)
    ' (transductive, simulator, yardstick)'
    """
    marks = ["transductive"] * transductive
    if name.isidentifier() and find_spec(f"{_MODELS}.{name}"):
        baseline = _read(name)
        marks += ["simulator"] * baseline.from_simulator + ["yardstick"] * baseline.is_yardstick
    return f" ({', '.join(marks)})" if marks else ""
