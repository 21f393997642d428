"""`rule`: importers that share a seller and a declarant are one organisation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components

from customs_baselines.organisations.grouping_model import GroupingModel
from customs_baselines.organisations.importers import DECLARANT, SELLER, Importers


class SharedPartners(GroupingModel):
    """Components of the graph whose edges are importers with a seller and a declarant in common.

    What an officer would do by hand; known memberships are not used.
    """

    def find_groups(
        self, importers: Importers, known: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        """See `GroupingModel.find_groups`."""
        sellers, declarants = (importers.counts((key,)) for key in (SELLER, DECLARANT))
        both = (sellers @ sellers.T).multiply(declarants @ declarants.T)
        component = connected_components(both, directed=False)[1]
        return np.asarray(component, dtype=np.int64)


ESTIMATOR = SharedPartners
RECIPE = None
SUMMARY = "Importers that share a seller and a declarant, and whoever is connected to them."
