"""Mix profiles: which violations those of a trader or of some goods were."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from customs_baselines.features.risk import RiskProfiles
from customs_baselines.violations.classes import N_CLASSES, Floats, Labels, as_one

#: Traders, goods and pairs that have a profile. Rings have a principal violation, and sections of
#: the tariff their own.
KEYS: Final[tuple[tuple[str, ...], ...]] = (
    ("Importer ID",),
    ("Declarant ID",),
    ("Seller ID",),
    ("Chapter",),
    ("Office ID",),
    ("Declarant ID", "Seller ID"),
    ("Declarant ID", "Country of Departure"),
    ("Importer ID", "Chapter"),
)
_SMOOTHING: Final = 5.0  # imaginary violations of the overall mix


class MixProfiles:
    """Log-odds of each violation among the violations of a key's value.

    Parameters
    ----------
    random_state : int
        Seed of the folds of training rows (see `RiskProfiles`).
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def learn_features(self, X: pd.DataFrame, y: Labels) -> Floats:
        """Learn from training declarations; return their profiles, without their own period.

        Returns
        -------
        float64 array, shape (n_train, n_violations * n_keys)
            Of violations that some, but not all labelled frauds are.
        """
        number = np.bincount(y[y > 0], minlength=N_CLASSES)
        self.profiles_ = {
            violation: RiskProfiles(KEYS, _SMOOTHING, random_state=self.random_state)
            for violation in range(1, N_CLASSES)
            if 0 < number[violation] < number.sum()
        }
        return _side_by_side(
            [
                profile.learn_features(X, as_one(y, violation))
                for violation, profile in self.profiles_.items()
            ],
            len(X),
        )

    def find_features(self, X: pd.DataFrame) -> Floats:
        """Return the profiles of later declarations; shape as of `learn_features`."""
        profiles = [profile.find_features(X) for profile in self.profiles_.values()]
        return _side_by_side(profiles, len(X))


def _side_by_side(profiles: list[Floats], n_rows: int) -> Floats:
    """Leave out how many violations a profile is based on: fraud's own profiles say it."""
    return np.hstack([np.empty((n_rows, 0)), *(profile[:, ::2] for profile in profiles)])
