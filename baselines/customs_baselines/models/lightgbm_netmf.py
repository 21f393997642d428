"""`lightgbm_netmf`: LightGBM over kit features and embeddings of the traders."""

from __future__ import annotations

from customs_baselines.features.entity_embeddings import EntityEmbeddings
from customs_baselines.features.transformer import DeclarationTransformer
from customs_baselines.shapes.context_trees import ContextTrees


class LightGBMNetMF(ContextTrees):
    """LightGBM over kit features and where each trader stands in the graph of traders.

    The vectors (`EntityEmbeddings`) need no label, so they also place traders whose declarations
    are all unlabelled.
    """

    def make_more_features(self) -> list[DeclarationTransformer]:
        """Return unfitted embeddings."""
        return [EntityEmbeddings(random_state=self.random_state)]


ESTIMATOR = LightGBMNetMF
RECIPE = None
SUMMARY = "LightGBM over kit features and NetMF embeddings of importer, declarant and seller."
