"""customs-kit: a competition in a box for customs fraud detection.

``from customs_kit import load_edition`` is all a team needs to begin.

Data

============  ===========================================================
load_edition  Load an edition by its folder, or load_edition("practice").
Edition       What it returns: train, y, test, ...
hetero_data   Declarations as a torch-geometric graph.
============  ===========================================================

Features, as scikit-learn transformers

=============  ================================================================
make_features  The recipes "kit" and "paper".
RiskProfiles   Smoothed fraud rates of importers, goods, ...
GraphFeatures  What a trader's other declarations, and its partners', are like.
=============  ================================================================

Validation

================  =============================================================
TimeSplit         Folds by time for GridSearchCV and cross_val_score.
split_by_time     One such split, as two masks.
precision_scorer  The competition's metric as a scikit-learn scorer.
precision_at      The metric itself.
validate_model    Scores of a model of any task on a part of what is published.
================  =============================================================

Submissions

================  ===================================================================
fit_and_answer    Fit a model of any task on an edition's split, and return its answer.
write_submission  Write an answer, such as fraud scores, as a submission.
check_submission  Check that a file can be scored.
KitError          What a user can mend; every error of the kit is one.
================  ===================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from customs_data.lazy_names import lazy_names

if TYPE_CHECKING:
    from customs_baselines.answering import fit_and_answer
    from customs_baselines.features import make_features
    from customs_baselines.features.graph import GraphFeatures
    from customs_baselines.features.risk import RiskProfiles
    from customs_baselines.validating import validate_model
    from customs_data import Edition, KitError, hetero_data, load_edition
    from customs_data.split import TimeSplit, split_by_time
    from customs_scorer import (
        check_submission,
        precision_at,
        precision_scorer,
        write_submission,
    )

__all__ = [
    "Edition",
    "GraphFeatures",
    "KitError",
    "RiskProfiles",
    "TimeSplit",
    "check_submission",
    "fit_and_answer",
    "hetero_data",
    "load_edition",
    "make_features",
    "precision_at",
    "precision_scorer",
    "split_by_time",
    "validate_model",
    "write_submission",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Edition": "customs_data",
        "GraphFeatures": "customs_baselines.features.graph",
        "KitError": "customs_data",
        "RiskProfiles": "customs_baselines.features.risk",
        "TimeSplit": "customs_data.split",
        "check_submission": "customs_scorer",
        "fit_and_answer": "customs_baselines.answering",
        "hetero_data": "customs_data",
        "load_edition": "customs_data",
        "make_features": "customs_baselines.features",
        "precision_at": "customs_scorer",
        "precision_scorer": "customs_scorer",
        "split_by_time": "customs_data.split",
        "validate_model": "customs_baselines.validating",
        "write_submission": "customs_scorer",
    },
)
