"""The catalogue: every module in `customs_baselines.models` is a baseline."""

from __future__ import annotations

import ast
import pkgutil
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from customs_baselines import models
from customs_data.errors import KitError

RECIPES = ("paper", "kit")


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
        The feature recipe it uses unless told otherwise; None for a model that reads the declared
        columns itself.
    summary : str
        One line.
    """

    name: str
    estimator: str
    recipe: str | None
    summary: str

    def load_class(self) -> type:
        """Import the estimator's class (and the library it needs)."""
        module = import_module(f"{models.__name__}.{self.name}")
        found: type = getattr(module, self.estimator)
        return found


def list_baselines() -> list[Baseline]:
    """Return all baselines by name, without importing the libraries they need."""
    names = sorted(info.name for info in pkgutil.iter_modules(models.__path__))
    return [_read(name) for name in names if not name.startswith("_")]


def find_baseline(name: str) -> Baseline:
    """Return one baseline.

    Raises
    ------
    KitError
        If there is none of that name.
    """
    known = {baseline.name: baseline for baseline in list_baselines()}
    if name not in known:
        raise KitError(
            f"A baseline must be one of {', '.join(known)}, or FILE.py:CLASS for a model of your "
            f"own, however: {name!r}."
        )
    return known[name]


def _read(name: str) -> Baseline:
    """Read a module's constants without running it, so that listing needs no heavy library."""
    spec = find_spec(f"{models.__name__}.{name}")
    assert spec is not None
    assert spec.origin is not None
    constants: dict[str, Any] = {}
    for node in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            target = node.targets[0].id
            if target in ("RECIPE", "SUMMARY"):
                constants[target] = ast.literal_eval(node.value)
            elif target == "ESTIMATOR" and isinstance(node.value, ast.Name):
                constants[target] = node.value.id
    missing = {"ESTIMATOR", "RECIPE", "SUMMARY"} - constants.keys()
    if missing:
        raise TypeError(f"{spec.origin} lacks the module constant(s) {', '.join(sorted(missing))}")
    return Baseline(name, constants["ESTIMATOR"], constants["RECIPE"], constants["SUMMARY"])
