"""Baselines of the task scheme, which say which violation it is.

Constants are those of `customs_baselines.models`.
"""

from typing import Final

#: Models of `baseline run` when no name is given.
DEFAULT_BASELINES: Final = (
    "random",
    "prior",
    "logistic_regression",
    "xgboost",
    "fraud_times_mix",
    "traces",
)
