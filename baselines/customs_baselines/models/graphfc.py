"""`graphfc`: a graph network over declarations and traders, from the past only."""

from __future__ import annotations

from customs_baselines.graphfc.estimator import GraphNetworkModel


class GraphFC(GraphNetworkModel):
    """Later declarations see what was filed before them (see `GraphNetworkModel`)."""


ESTIMATOR = GraphFC
RECIPE = None
SUMMARY = "Graph network: label messages along traders, goods and routes; from the past only."
