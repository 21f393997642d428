"""`logistic_regression`: the paper's linear model."""

from __future__ import annotations

from typing import Any, ClassVar

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from customs_baselines.shapes.recipe_model import RecipeModel

# scikit-learn's default of 100 iterations stops before the optimum on some editions.
_MAX_ITERATIONS = 2000

_BASE: dict[str, Any] = {"C": 0.05}


class LinearModel(RecipeModel):
    """Logistic regression; on standardized features under recipe kit (see `RecipeModel`)."""

    paper: ClassVar[dict[str, Any]] = {"C": 1.0}
    candidates = tuple(_BASE | change for change in ({}, {"C": 0.003}, {"C": 0.01}, {"C": 0.3}))
    kit = candidates[1]

    def build(self, settings: dict[str, Any]) -> Any:
        """Return the linear model of the installed scikit-learn, iterated until it converges."""
        linear = LogisticRegression(**settings, max_iter=_MAX_ITERATIONS)
        return linear if self.recipe == "paper" else make_pipeline(StandardScaler(), linear)


ESTIMATOR = LinearModel
RECIPE = "kit"
SUMMARY = "Logistic regression."
