"""`lightgbm`: gradient-boosted trees, leaf by leaf."""

from __future__ import annotations

from typing import Any, ClassVar

from lightgbm import LGBMClassifier

from customs_baselines.features.folds import TWO_VIEWS
from customs_baselines.shapes.recipe_model import RecipeModel

_BASE: dict[str, Any] = {
    "n_estimators": 400,
    "num_leaves": 31,
    "learning_rate": 0.03,
    "min_child_samples": 20,
    "subsample": 0.8,
    "subsample_freq": 1,
    "colsample_bytree": 0.5,
    "reg_lambda": 5.0,
}


class LightGBM(RecipeModel):
    """LightGBM (see `RecipeModel` for parameters)."""

    calibrated: ClassVar[dict[str, int]] = {"paper": 30_000}
    paper: ClassVar[dict[str, Any]] = {
        "n_estimators": 100,
        "num_leaves": 31,
        "learning_rate": 0.1,
        "min_child_samples": 20,
        "subsample": 1.0,
        "subsample_freq": 0,
        "colsample_bytree": 1.0,
        "reg_lambda": 0.0,
    }
    candidates = tuple(
        _BASE | change
        for change in (
            {},
            {"num_leaves": 15},
            {"num_leaves": 63, "n_estimators": 300, "min_child_samples": 40},
            {"n_estimators": 250, "colsample_bytree": 0.3},
            {"learning_rate": 0.015, "colsample_bytree": 0.3},
        )
    )
    kit = candidates[2]
    views = TWO_VIEWS

    def build(self, settings: dict[str, Any]) -> Any:
        """Return trees of the installed LightGBM."""
        return LGBMClassifier(
            **settings,
            random_state=self.random_state,
            n_jobs=self.n_jobs,
            # Without these two, the trees may depend on the timing of threads.
            deterministic=True,
            force_row_wise=True,
            verbosity=-1,
        )


ESTIMATOR = LightGBM
RECIPE = "kit"
SUMMARY = "Gradient-boosted trees (LightGBM)."
