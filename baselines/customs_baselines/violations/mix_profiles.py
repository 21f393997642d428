"""Mix profiles: which violations those of a trader or of some goods were."""

from __future__ import annotations

from typing import Final, Self

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
        float64 array, shape (n_train, 7 * n_keys)
        """
        self.profiles_ = [
            RiskProfiles(KEYS, _SMOOTHING, random_state=self.random_state)
            for _ in range(1, N_CLASSES)
        ]
        return np.hstack(
            [
                _risks(profile.learn_features(X, as_one(y, violation)))
                for violation, profile in enumerate(self.profiles_, start=1)
            ]
        )

    def find_features(self, X: pd.DataFrame) -> Floats:
        """Return the profiles of later declarations, shape (n_declarations, 7 * n_keys)."""
        return np.hstack([_risks(profile.find_features(X)) for profile in self.profiles_])

    def fit(self, X: pd.DataFrame, y: Labels) -> Self:
        """Learn; parameters as of `learn_features`."""
        self.learn_features(X, y)
        return self


def _risks(profile: Floats) -> Floats:
    """Leave out how many violations a profile is based on: fraud's own profiles say it."""
    return profile[:, ::2]
