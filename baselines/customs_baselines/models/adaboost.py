"""`adaboost`: boosted decision stumps."""

from __future__ import annotations

from typing import Any

from sklearn.ensemble import AdaBoostClassifier

from customs_baselines.recipe_model import RecipeModel

# scikit-learn's defaults, frozen here so that a new release does not move the paper's row.
_PAPER: dict[str, Any] = {"n_estimators": 50, "learning_rate": 1.0}
_KIT: dict[str, Any] = {"n_estimators": 200, "learning_rate": 0.5}


class AdaBoost(RecipeModel):
    """AdaBoost (see `RecipeModel` for parameters)."""

    def make_classifier(self) -> Any:
        """Recipe paper: the library's defaults."""
        settings = _PAPER if self.recipe == "paper" else _KIT
        return AdaBoostClassifier(**settings, random_state=self.random_state)


ESTIMATOR = AdaBoost
RECIPE = "kit"
SUMMARY = "AdaBoost over decision stumps."
