"""`xgboost_lr`: the leaves of boosted trees, weighted by logistic regression."""

from __future__ import annotations

from typing import Any, ClassVar

from customs_baselines.shapes.leaf_regression import LeafRegression
from customs_baselines.shapes.recipe_model import RecipeModel

_BASE: dict[str, Any] = {
    "n_estimators": 150,
    "max_depth": 4,
    "learning_rate": 0.1,
    "min_child_weight": 5.0,
    "subsample": 0.8,
    "colsample_bytree": 0.5,
    "C": 0.01,
    "n_folds": 2,
}


class XGBoostLR(RecipeModel):
    """Leaf indices of XGBoost into a logistic regression (see `RecipeModel` for parameters).

    References
    ----------
    He et al., 'Practical Lessons from Predicting Clicks on Ads at Facebook', ADKDD 2014, section 3;
    'XGB+LR' of the simulation framework that DATE was published with.
    """

    calibrated: ClassVar[dict[str, int]] = {"paper": 30_000}
    paper: ClassVar[dict[str, Any]] = {
        "n_estimators": 100,
        "max_depth": 4,
        "learning_rate": 0.3,
        "min_child_weight": 1.0,
        "subsample": 1.0,
        "colsample_bytree": 1.0,
        "C": 1.0,
        "n_folds": 1,
    }
    candidates = tuple(
        _BASE | change
        for change in (
            {},
            {"n_folds": 1},
            {"C": 0.003},
            {"C": 0.03},
            {"n_estimators": 300, "learning_rate": 0.05, "C": 0.003},
            {"n_folds": 5},
        )
    )
    kit = candidates[0]

    def build(self, settings: dict[str, Any]) -> Any:
        """Return trees of the installed XGBoost with regression of the installed scikit-learn."""
        return LeafRegression(**settings, random_state=self.random_state, n_jobs=self.n_jobs)


ESTIMATOR = XGBoostLR
RECIPE = "kit"
SUMMARY = "Leaves of boosted trees, weighed by logistic regression."
