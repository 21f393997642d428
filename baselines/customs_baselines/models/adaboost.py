"""`adaboost`: boosted decision trees, by reweighting."""

from __future__ import annotations

from typing import Any, ClassVar

from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import DecisionTreeClassifier

from customs_baselines.shapes.recipe_model import RecipeModel

_BASE: dict[str, Any] = {"n_estimators": 200, "learning_rate": 0.5, "max_depth": 1}


class AdaBoost(RecipeModel):
    """AdaBoost over shallow trees; stumps under recipe paper (see `RecipeModel`)."""

    calibrated: ClassVar[dict[str, int]] = {"paper": 10_000, "kit": 10_000}
    paper: ClassVar[dict[str, Any]] = {"n_estimators": 50, "learning_rate": 1.0, "max_depth": 1}
    candidates = tuple(
        _BASE | change
        for change in ({}, {"n_estimators": 100}, {"n_estimators": 60, "max_depth": 3})
    )
    kit = candidates[2]

    def build(self, settings: dict[str, Any]) -> Any:
        """Return AdaBoost of the installed scikit-learn."""
        boosting = {name: value for name, value in settings.items() if name != "max_depth"}
        tree = DecisionTreeClassifier(max_depth=settings["max_depth"])
        return AdaBoostClassifier(tree, **boosting, random_state=self.random_state)


ESTIMATOR = AdaBoost
RECIPE = "kit"
SUMMARY = "AdaBoost over shallow trees (stumps under recipe paper)."
