"""`xgboost`: gradient-boosted trees, level by level."""

from __future__ import annotations

from typing import Any

from xgboost import XGBClassifier

from customs_baselines.recipe_model import RecipeModel

# The library's defaults, frozen here so that a new release does not move the paper's row.
_PAPER: dict[str, Any] = {
    "n_estimators": 100,
    "max_depth": 6,
    "learning_rate": 0.3,
    "min_child_weight": 1.0,
    "subsample": 1.0,
    "colsample_bytree": 1.0,
    "reg_lambda": 1.0,
}
_KIT: dict[str, Any] = {
    "n_estimators": 400,
    "max_depth": 6,
    "learning_rate": 0.04,
    "min_child_weight": 5.0,
    "subsample": 0.8,
    "colsample_bytree": 0.5,
    "reg_lambda": 5.0,
}


class XGBoost(RecipeModel):
    """XGBoost with histogram trees (see `RecipeModel` for parameters)."""

    def make_classifier(self) -> Any:
        """Recipe paper: the library's defaults."""
        settings = _PAPER if self.recipe == "paper" else _KIT
        return XGBClassifier(
            **settings,
            tree_method="hist",
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        )


ESTIMATOR = XGBoost
RECIPE = "kit"
SUMMARY = "Gradient-boosted trees (XGBoost)."
