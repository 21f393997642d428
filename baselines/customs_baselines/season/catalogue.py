"""The strategies: modules of `customs_baselines.strategies`, every baseline, and references."""

from __future__ import annotations

import ast
import pkgutil
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from customs_baselines.catalogue import list_baselines
from customs_baselines.running.own_model import split_reference
from customs_data.errors import KitError

_STRATEGIES: Final = "customs_baselines.strategies"
EXPLORERS_PACKAGE: Final = "customs_baselines.explorers"


def _modules(package: str) -> tuple[str, ...]:
    return tuple(sorted(it.name for it in pkgutil.iter_modules(import_module(package).__path__)))


#: Ways of exploring, by the name that the option --explore takes.
EXPLORERS: Final = _modules(EXPLORERS_PACKAGE)
#: Strategies that know what no office knows. They are never ranked.
REFERENCES: Final[dict[str, str]] = {
    "oracle": "Open the highest true probabilities.",
    "duty_oracle": "Open the highest true probability x declared duty, capped: for revenue.",
    "clairvoyant": "Open the frauds.",
    "everything": "exploit, but after each week the labels of all its declarations are known.",
    "passive": "exploit, but its labels are of as many declarations drawn by lot.",
}
#: Of these the kit plays another strategy with other reports.
LEARNING_REFERENCES: Final = ("everything", "passive")


@dataclass(frozen=True)
class Strategy:
    """An entry of the catalogue.

    Attributes
    ----------
    name : str
    summary : str
        One line.
    kind : str
        ``strategy``, ``reference``, ``baseline`` for a fraud model that opens its highest scores,
        or ``explorer`` for a way of exploring that strategies take (--explore).
    """

    name: str
    summary: str
    kind: str


def list_strategies() -> list[Strategy]:
    """Return strategies, references and baselines, without importing what they need."""
    own = [
        Strategy(name, _constant(_STRATEGIES, name, "SUMMARY"), "strategy")
        for name in _modules(_STRATEGIES)
    ]
    references = [Strategy(name, text, "reference") for name, text in REFERENCES.items()]
    taken = {it.name for it in (*own, *references)}
    baselines = [
        Strategy(it.name, it.summary, "baseline")
        for it in list_baselines()
        if it.name not in taken and not it.from_simulator
    ]
    return own + references + baselines


def list_explorers() -> list[Strategy]:
    """Return the ways of exploring, without importing what they need."""
    return [
        Strategy(name, _constant(EXPLORERS_PACKAGE, name, "SUMMARY"), "explorer")
        for name in EXPLORERS
    ]


def read_options(name: str) -> tuple[str, ...]:
    """Return which options about exploring a strategy of the catalogue reads."""
    return tuple(_constant(_STRATEGIES, name, "OPTIONS", ()))


def resolve_strategy(reference: str) -> str:
    """Return the name of a strategy, or ``FILE.py:NAME`` with an absolute path.

    Raises
    ------
    KitError
        If there is no such strategy or file.
    """
    own = split_reference(reference)
    if own is not None:
        return f"{own[0]}:{own[1]}"
    known = [it.name for it in list_strategies()]
    if reference not in known:
        near = get_close_matches(reference.lower().replace("-", "_"), known, 1, cutoff=0.65)
        hint = (
            f"Did you mean {near[0]}?" if near else "See `customs-kit inspection list`, or give "
            "FILE.py:NAME for a strategy of your own."
        )  # fmt: skip
        raise KitError(f"Unknown strategy {reference!r}. {hint}")
    return reference


def load_strategy(name: str) -> type:
    """Import a strategy's class; None of the references is one."""
    loaded: type = import_module(f"{_STRATEGIES}.{name}").ESTIMATOR
    return loaded


def is_strategy(name: str) -> bool:
    """Whether the catalogue has a class of this name with ``select``."""
    return name.isidentifier() and find_spec(f"{_STRATEGIES}.{name}") is not None


def _constant(package: str, name: str, constant: str, default: Any = None) -> Any:
    """Read a module's constant from its source, so that a list needs no heavy library."""
    spec = find_spec(f"{package}.{name}")
    assert spec is not None
    assert spec.origin is not None
    for node in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.Assign) and getattr(target, "id", "") == constant:
            return ast.literal_eval(node.value)
    if default is None:
        raise TypeError(f"{spec.origin} has no {constant}")
    return default
