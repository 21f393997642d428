"""Checking and scoring submissions against hidden labels.

Scores are precision@n %: the share of fraud among the n % of declarations ranked highest.

================  =================================================================
check_submission  Check that a file can be scored.
lift_at           Precision over the base rate.
precision_at      Share of fraud among the declarations ranked highest.
precision_scorer  The same as a scikit-learn scorer, for GridSearchCV and others.
recall_at         Share of all fraud that is among the declarations ranked highest.
score_submission  Score a submission on both test periods (organizers).
write_submission  Write scores as a submission.
================  =================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from customs_data.lazy_names import lazy_names

if TYPE_CHECKING:
    from customs_scorer.metrics.inspection import lift_at, precision_at, recall_at
    from customs_scorer.scorecard import score_submission
    from customs_scorer.sklearn_scorer import precision_scorer
    from customs_scorer.submissions import check_submission, write_submission

__all__ = [
    "check_submission",
    "lift_at",
    "precision_at",
    "precision_scorer",
    "recall_at",
    "score_submission",
    "write_submission",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "check_submission": "customs_scorer.submissions",
        "lift_at": "customs_scorer.metrics.inspection",
        "precision_at": "customs_scorer.metrics.inspection",
        "precision_scorer": "customs_scorer.sklearn_scorer",
        "recall_at": "customs_scorer.metrics.inspection",
        "score_submission": "customs_scorer.scorecard",
        "write_submission": "customs_scorer.submissions",
    },
)
