"""What all models of the task networks share: from declarations and memberships to an answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator

from customs_baselines.organisations.importers import Importers
from customs_baselines.organisations.known import known_groups

Codes = npt.NDArray[np.int64]


class GroupingModel(BaseEstimator, ABC):
    """A model that groups all importers of the declarations at once.

    Subclasses write `find_groups`.
    """

    def fit(self, X: pd.DataFrame, known: pd.DataFrame) -> Self:
        """Group the importers.

        Parameters
        ----------
        X : DataFrame, shape (n_declarations, 20)
            Declared columns of training and test.
        known : DataFrame, shape (n_known, 2)
            Importer ID and network; NaN for an importer in none.
        """
        importers = Importers(X)
        return self.fit_importers(importers, known_groups(importers, known))

    def fit_importers(self, importers: Importers, known: Codes) -> Self:
        """Group importers whose declarations were read before; see `find_groups`."""
        self.importers_ = importers
        self.groups_ = self.find_groups(importers, known)
        return self

    @abstractmethod
    def find_groups(self, importers: Importers, known: Codes) -> Codes:
        """Return the group of each importer, shape (n_importers,).

        Parameters
        ----------
        importers : Importers
        known : ndarray of int64, shape (n_importers,)
            Known group of each importer, -1 where it is asked.
        """

    def group(self, importers: npt.NDArray[Any]) -> Codes:
        """Return the group of each importer asked; one without declarations is alone."""
        place = self.importers_.find(importers)
        alone = int(self.groups_.max(initial=-1)) + 1 + np.arange(len(place))
        return np.where(place >= 0, self.groups_[place], alone)
