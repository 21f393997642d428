"""`random_forest`: bagged decision trees."""

from __future__ import annotations

from typing import Any, ClassVar

from sklearn.ensemble import RandomForestClassifier

from customs_baselines.shapes.recipe_model import RecipeModel

_BASE: dict[str, Any] = {
    "n_estimators": 300,
    "max_depth": None,
    "min_samples_leaf": 5,
    "max_features": 0.2,
}


class RandomForest(RecipeModel):
    """Random forest (see `RecipeModel` for parameters)."""

    calibrated: ClassVar[dict[str, int]] = {"paper": 10_000}
    paper: ClassVar[dict[str, Any]] = {
        "n_estimators": 100,
        "max_depth": None,
        "min_samples_leaf": 1,
        "max_features": "sqrt",
    }
    candidates = tuple(
        _BASE | change
        for change in (
            {},
            {"n_estimators": 200, "min_samples_leaf": 3, "max_features": "sqrt"},
            {"n_estimators": 200, "min_samples_leaf": 10, "max_features": 0.3},
            {"n_estimators": 200, "min_samples_leaf": 3, "max_features": 0.3},
        )
    )
    kit = candidates[3]

    def build(self, settings: dict[str, Any]) -> Any:
        """Return a forest of the installed scikit-learn."""
        return RandomForestClassifier(
            **settings, random_state=self.random_state, n_jobs=self.n_jobs
        )


ESTIMATOR = RandomForest
RECIPE = "kit"
SUMMARY = "Random forest."
