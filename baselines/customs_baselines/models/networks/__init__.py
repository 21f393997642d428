"""Baselines of the task networks; constants as in `customs_baselines.models`."""

from typing import Final

#: Models of `baseline run` when no name is given.
DEFAULT_BASELINES: Final = ("alone", "rule", "propagation", "pairs", "memberships")
