"""`xgboost_kernel`: labels of the declarant's similar declarations."""

from __future__ import annotations

from customs_baselines.features.similar_declarations import SimilarityKernel
from customs_baselines.shapes.graph_trees import GraphTrees, LabelFeatures


class XGBoostKernel(GraphTrees):
    """XGBoost over kit, graph and a similarity kernel over rows of the same declarant."""

    def make_more_features(self) -> list[LabelFeatures]:
        """Return the unfitted kernel."""
        return [SimilarityKernel(random_state=self.random_state)]


ESTIMATOR = XGBoostKernel
RECIPE = None
SUMMARY = "XGBoost over kit and graph features and labels of the declarant's similar declarations."
