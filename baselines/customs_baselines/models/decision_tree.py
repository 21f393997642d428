"""`decision_tree`: a single decision tree."""

from __future__ import annotations

from typing import Any, ClassVar

from sklearn.tree import DecisionTreeClassifier

from customs_baselines.shapes.recipe_model import RecipeModel

_BASE: dict[str, Any] = {"criterion": "gini", "max_depth": 8, "min_samples_leaf": 25}


class DecisionTree(RecipeModel):
    """One tree (see `RecipeModel` for parameters)."""

    calibrated: ClassVar[dict[str, int]] = {"paper": 30_000, "kit": 30_000}
    paper: ClassVar[dict[str, Any]] = {
        "criterion": "gini",
        "max_depth": None,
        "min_samples_leaf": 1,
    }
    candidates = tuple(
        _BASE | change
        for change in (
            {},
            {"max_depth": 6},
            {"max_depth": 8, "min_samples_leaf": 50},
            {"max_depth": 10, "min_samples_leaf": 50},
            {"max_depth": 12, "min_samples_leaf": 100},
            {"criterion": "entropy", "max_depth": 8, "min_samples_leaf": 50},
        )
    )
    kit = candidates[4]

    def build(self, settings: dict[str, Any]) -> Any:
        """Return a tree of the installed scikit-learn."""
        return DecisionTreeClassifier(**settings, random_state=self.random_state)


ESTIMATOR = DecisionTree
RECIPE = "kit"
SUMMARY = "A single decision tree."
