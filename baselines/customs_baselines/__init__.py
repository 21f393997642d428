"""Baselines: models, their features, and the code that runs, explains and compares them.

Scores come from `customs_scorer`, declarations and editions from `customs_data`.

==============  ======================================================================
find_baseline   Return a baseline by name; its `load_class()` is the estimator.
fit_and_score   Fit a model on a split and return its scores of the test declarations.
list_baselines  Return all baselines.
make_features   Return the unfitted transformer of a recipe.
==============  ======================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from customs_data.lazy_names import lazy_names

if TYPE_CHECKING:
    from customs_baselines.answering import fit_and_score
    from customs_baselines.catalogue import find_baseline, list_baselines
    from customs_baselines.features import make_features

__all__ = ["find_baseline", "fit_and_score", "list_baselines", "make_features"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "find_baseline": "customs_baselines.catalogue",
        "fit_and_score": "customs_baselines.answering",
        "list_baselines": "customs_baselines.catalogue",
        "make_features": "customs_baselines.features",
    },
)
