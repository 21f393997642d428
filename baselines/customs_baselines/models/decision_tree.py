"""`decision_tree`: a single decision tree."""

from __future__ import annotations

from typing import Any

from sklearn.tree import DecisionTreeClassifier

from customs_baselines.recipe_model import RecipeModel

# scikit-learn's defaults, frozen here so that a new release does not move the paper's row.
_PAPER: dict[str, Any] = {"criterion": "gini", "max_depth": None, "min_samples_leaf": 1}
_KIT: dict[str, Any] = {"criterion": "gini", "max_depth": 8, "min_samples_leaf": 25}


class DecisionTree(RecipeModel):
    """One tree (see `RecipeModel` for parameters)."""

    def make_classifier(self) -> Any:
        """Recipe paper: the library's defaults."""
        settings = _PAPER if self.recipe == "paper" else _KIT
        return DecisionTreeClassifier(**settings, random_state=self.random_state)


ESTIMATOR = DecisionTree
RECIPE = "kit"
SUMMARY = "A single decision tree."
