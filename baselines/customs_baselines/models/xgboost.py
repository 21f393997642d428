"""`xgboost`: gradient-boosted trees, level by level."""

from __future__ import annotations

from typing import Any, ClassVar

from xgboost import XGBClassifier

from customs_baselines.recipe_model import RecipeModel

_BASE: dict[str, Any] = {
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

    paper: ClassVar[dict[str, Any]] = {
        "n_estimators": 100,
        "max_depth": 6,
        "learning_rate": 0.3,
        "min_child_weight": 1.0,
        "subsample": 1.0,
        "colsample_bytree": 1.0,
        "reg_lambda": 1.0,
    }
    candidates = tuple(
        _BASE | change
        for change in (
            {},
            {"max_depth": 4, "n_estimators": 400},
            {"max_depth": 5, "n_estimators": 300},
            {"max_depth": 8, "n_estimators": 300, "min_child_weight": 10.0},
            {"n_estimators": 250, "colsample_bytree": 0.3},
            {"n_estimators": 400, "learning_rate": 0.02, "colsample_bytree": 0.3},
        )
    )
    kit = candidates[5]

    def build(self, settings: dict[str, Any]) -> Any:
        """Trees of the installed XGBoost."""
        return XGBClassifier(
            **settings,
            tree_method="hist",
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        )


ESTIMATOR = XGBoost
RECIPE = "kit"
SUMMARY = "Gradient-boosted trees (XGBoost)."
