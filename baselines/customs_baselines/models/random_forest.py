"""`random_forest`: bagged decision trees."""

from __future__ import annotations

from typing import Any

from sklearn.ensemble import RandomForestClassifier

from customs_baselines.recipe_model import RecipeModel

# scikit-learn's defaults, frozen here so that a new release does not move the paper's row.
_PAPER: dict[str, Any] = {
    "n_estimators": 100,
    "max_depth": None,
    "min_samples_leaf": 1,
    "max_features": "sqrt",
}
_KIT: dict[str, Any] = {
    "n_estimators": 300,
    "max_depth": None,
    "min_samples_leaf": 5,
    "max_features": 0.2,
}


class RandomForest(RecipeModel):
    """Random forest (see `RecipeModel` for parameters)."""

    def make_classifier(self) -> Any:
        """Recipe paper: the library's defaults."""
        settings = _PAPER if self.recipe == "paper" else _KIT
        return RandomForestClassifier(
            **settings, random_state=self.random_state, n_jobs=self.n_jobs
        )


ESTIMATOR = RandomForest
RECIPE = "kit"
SUMMARY = "Random forest."
