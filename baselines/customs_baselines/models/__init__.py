"""One module per baseline: constants ESTIMATOR, RECIPE, SUMMARY, and the estimator's class.

Modules here answer the default task; baselines of another task are in a folder of its name.
"""

from typing import Final

#: Models of `baseline run` when no name is given.
DEFAULT_BASELINES: Final = (
    "random",
    "lookup",
    "risk_profile",
    "logistic_regression",
    "xgboost",
    "lightgbm_team",
    "mixed_effects_graph",
    "date",
    "graphfc",
    "ensemble",
)
