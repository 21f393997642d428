"""Baselines of the task hs6; constants as in `customs_baselines.models`."""

from typing import Final

#: Models of `baseline run` when no name is given.
DEFAULT_BASELINES: Final = ("mode", "history", "profile_bayes", "mixture", "ranker", "graph")
