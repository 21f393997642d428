"""customs-kit: a competition in a box for customs fraud detection.

``from customs_kit import load_edition`` is all a team needs to begin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from customs_data import Edition, KitError, load_edition
    from customs_scorer import precision_at, write_submission

__all__ = ["Edition", "KitError", "load_edition", "precision_at", "write_submission"]

_HOME = {
    "Edition": "customs_data",
    "KitError": "customs_data",
    "load_edition": "customs_data",
    "precision_at": "customs_scorer",
    "write_submission": "customs_scorer",
}


def __getattr__(name: str) -> Any:
    # Lazy, so that `customs-kit --help` never loads pandas.
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
