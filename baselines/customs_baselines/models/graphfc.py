"""`graphfc`: a graph network over declarations and traders, from the past only."""

from __future__ import annotations

from customs_baselines.graphfc.estimator import GraphNetworkModel


class GraphFC(GraphNetworkModel):
    """Each declaration reads what was filed before it (see `GraphNetworkModel`)."""


ESTIMATOR = GraphFC
RECIPE = None
SUMMARY = "Graph network: label messages along traders, goods and routes; from the past only."
