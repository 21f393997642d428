"""`xgboost`: gradient-boosted trees for all violations at once."""

from __future__ import annotations

from typing import Any, Final

from customs_baselines.violations.recipe_violations import RecipeViolations
from customs_baselines.violations.two_steps import trees

_SETTINGS: Final[dict[str, Any]] = {
    "n_estimators": 150,
    "max_depth": 4,
    "learning_rate": 0.1,
    "min_child_weight": 3.0,
    "subsample": 0.8,
    "colsample_bytree": 0.3,
    "reg_lambda": 5.0,
}


class XGBoostViolations(RecipeViolations):
    """Multi-class XGBoost (see `RecipeViolations` for parameters)."""

    def build(self) -> Any:
        """Return trees of the installed XGBoost."""
        return trees(_SETTINGS, self.random_state, self.n_jobs)


ESTIMATOR = XGBoostViolations
RECIPE = "kit"
SUMMARY = "Gradient-boosted trees (XGBoost) of eight classes."
