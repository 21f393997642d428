"""customs-kit: a competition in a box for customs fraud detection.

``from customs_kit import load_edition`` is all a team needs to begin. A team's own models import
feature recipes, risk profiles, the graph of traders and validation by time from here, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from customs_baselines.features import make_features
    from customs_baselines.features.graph import GraphFeatures
    from customs_baselines.features.risk import RiskProfiles
    from customs_baselines.graphfc.context import Links
    from customs_data import Edition, KitError, load_edition
    from customs_data.split import split_by_time
    from customs_scorer import check_submission, precision_at, write_submission

__all__ = [
    "Edition",
    "GraphFeatures",
    "KitError",
    "Links",
    "RiskProfiles",
    "check_submission",
    "load_edition",
    "make_features",
    "precision_at",
    "split_by_time",
    "write_submission",
]

_HOME = {
    "Edition": "customs_data",
    "KitError": "customs_data",
    "load_edition": "customs_data",
    "check_submission": "customs_scorer",
    "precision_at": "customs_scorer",
    "write_submission": "customs_scorer",
    "make_features": "customs_baselines.features",
    "GraphFeatures": "customs_baselines.features.graph",
    "RiskProfiles": "customs_baselines.features.risk",
    "Links": "customs_baselines.graphfc.context",
    "split_by_time": "customs_data.split",
    "hetero_data": "customs_data.graph",
}


def __getattr__(name: str) -> Any:
    # Lazy, so that `customs-kit --help` never loads pandas.
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
