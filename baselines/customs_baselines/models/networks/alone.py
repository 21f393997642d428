"""`alone`: every importer is an organisation of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from customs_baselines.organisations.grouping_model import GroupingModel
from customs_baselines.organisations.importers import Importers


class Alone(GroupingModel):
    """The answer that joins nobody: what a wrong join is compared with."""

    def find_groups(
        self, importers: Importers, known: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        """Return a group of its own for each importer."""
        return np.arange(len(importers))


ESTIMATOR = Alone
RECIPE = None
SUMMARY = "Every importer alone: the floor."
