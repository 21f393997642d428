"""`catboost`: gradient-boosted trees, symmetric and ordered."""

from __future__ import annotations

from typing import Any, ClassVar

from catboost import CatBoostClassifier

from customs_baselines.shapes.recipe_model import RecipeModel

_BASE: dict[str, Any] = {
    "iterations": 500,
    "depth": 6,
    "learning_rate": 0.05,
    "l2_leaf_reg": 5.0,
    "rsm": 0.5,
}


class CatBoost(RecipeModel):
    """CatBoost on numbers (see `RecipeModel` for parameters).

    Both recipes give it numbers, as the paper did (label encoding, section 5.2), so that its own
    treatment of categories is not used.
    """

    calibrated: ClassVar[dict[str, int]] = {"paper": 10_000}
    # Without a learning rate, the library chooses one by the number of rows and trees.
    paper: ClassVar[dict[str, Any]] = {
        "iterations": 1000,
        "depth": 6,
        "learning_rate": None,
        "l2_leaf_reg": 3.0,
        "rsm": 1.0,
    }
    candidates = tuple(
        _BASE | change
        for change in (
            {},
            {"depth": 5},
            {"iterations": 300},
            {"iterations": 400, "depth": 8},
            {"l2_leaf_reg": 20.0},
        )
    )
    kit = candidates[4]

    def build(self, settings: dict[str, Any]) -> Any:
        """Return trees of the installed CatBoost."""
        return CatBoostClassifier(
            **settings,
            random_seed=self.random_state,
            thread_count=self.n_jobs,
            allow_writing_files=False,
            verbose=False,
        )


ESTIMATOR = CatBoost
RECIPE = "kit"
SUMMARY = "Gradient-boosted trees (CatBoost)."
