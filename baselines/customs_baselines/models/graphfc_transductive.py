"""`graphfc_transductive`: the graph network with all declarations to be scored in the graph."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.graphfc.estimator import GraphNetworkModel


class TransductiveGraphFC(GraphNetworkModel):
    """The graph contains the declarations to be scored, not their labels (`GraphNetworkModel`)."""

    past_only = False

    def fit(
        self, X: pd.DataFrame, y: npt.NDArray[np.int8], *, X_test: pd.DataFrame | None = None
    ) -> Self:
        """Learn; `X_test`, shape (n_test, 20), joins the graph as unlabelled declarations."""
        return self._fit(X, y, X_test)


ESTIMATOR = TransductiveGraphFC
RECIPE = None
SUMMARY = "Graph network as graphfc, with all declarations to be scored in the graph."
