"""`logistic_regression`: one linear model of all violations."""

from __future__ import annotations

from typing import Any, Final

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from customs_baselines.violations.recipe_violations import RecipeViolations

_C: Final = 0.01  # as of the task fraud
_MAX_ITERATIONS: Final = 2000


class LinearViolations(RecipeViolations):
    """Multinomial logistic regression on standardized features (see `RecipeViolations`)."""

    def build(self) -> Any:
        """Return the linear model of the installed scikit-learn."""
        linear = LogisticRegression(C=_C, max_iter=_MAX_ITERATIONS)
        return make_pipeline(StandardScaler(), linear)


ESTIMATOR = LinearViolations
RECIPE = "kit"
SUMMARY = "Multinomial logistic regression."
