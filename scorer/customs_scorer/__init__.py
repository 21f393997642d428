"""Checking and scoring submissions against hidden labels.

Scores are precision@n %: the share of fraud among the n % of declarations ranked highest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from customs_scorer.metrics.inspection import lift_at, precision_at, recall_at
    from customs_scorer.scorecard import score_submission
    from customs_scorer.submissions import check_submission, write_submission

__all__ = [
    "check_submission",
    "lift_at",
    "precision_at",
    "recall_at",
    "score_submission",
    "write_submission",
]

_HOME = {
    "check_submission": "customs_scorer.submissions",
    "lift_at": "customs_scorer.metrics.inspection",
    "precision_at": "customs_scorer.metrics.inspection",
    "recall_at": "customs_scorer.metrics.inspection",
    "score_submission": "customs_scorer.scorecard",
    "write_submission": "customs_scorer.submissions",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
