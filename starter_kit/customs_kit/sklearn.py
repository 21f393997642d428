"""What scikit-learn's users expect under its names: data, a scorer, a splitter, transformers.

================  ============================================================
fetch_customs     Declarations as a Bunch: fetch_customs("practice").
precision_scorer  The competition's metric for GridSearchCV and cross_val_score.
TimeSplit         Folds by time, for the parameter cv.
KitFeatures       An analyst's features (recipe "kit").
PaperFeatures     Label encoding and min-max scaling (recipe "paper").
RiskProfiles      Smoothed fraud rates of importers, goods, ...
GraphFeatures     What a trader's other declarations, and its partners', are like.
================  ============================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from customs_data.lazy_names import lazy_names

if TYPE_CHECKING:
    from customs_baselines.features.graph import GraphFeatures
    from customs_baselines.features.kit import KitFeatures
    from customs_baselines.features.paper import PaperFeatures
    from customs_baselines.features.risk import RiskProfiles
    from customs_data.split import TimeSplit
    from customs_kit.fetching import fetch_customs
    from customs_scorer import precision_scorer

__all__ = [
    "GraphFeatures",
    "KitFeatures",
    "PaperFeatures",
    "RiskProfiles",
    "TimeSplit",
    "fetch_customs",
    "precision_scorer",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "GraphFeatures": "customs_baselines.features.graph",
        "KitFeatures": "customs_baselines.features.kit",
        "PaperFeatures": "customs_baselines.features.paper",
        "RiskProfiles": "customs_baselines.features.risk",
        "TimeSplit": "customs_data.split",
        "fetch_customs": "customs_kit.fetching",
        "precision_scorer": "customs_scorer",
    },
)
