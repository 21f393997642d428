"""Declarations, editions, simulated worlds and synthesizers: the ground floor of customs-kit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from customs_data.edition.loading import Edition, load_edition
    from customs_data.errors import KitError

__all__ = ["Edition", "KitError", "load_edition"]

_HOME = {
    "Edition": "customs_data.edition.loading",
    "load_edition": "customs_data.edition.loading",
    "KitError": "customs_data.errors",
}


def __getattr__(name: str) -> Any:
    # Lazy, so that `customs-kit --help` does not load pandas.
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
