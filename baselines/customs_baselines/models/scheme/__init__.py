"""Baselines of the task scheme; constants as in `customs_baselines.models`."""

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
