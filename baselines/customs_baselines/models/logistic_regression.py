"""`logistic_regression`: the paper's linear model."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from customs_baselines.recipe_model import RecipeModel


class LinearModel(RecipeModel):
    """Logistic regression (see `RecipeModel` for parameters)."""

    def make_classifier(self) -> Any:
        """Recipe paper: scikit-learn's defaults, but iterated until they converge."""
        if self.recipe == "paper":
            # The default of 100 iterations stops before the optimum on some editions.
            return LogisticRegression(C=1.0, max_iter=2000)
        return make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=2000))


ESTIMATOR = LinearModel
RECIPE = "kit"
SUMMARY = "Logistic regression."
