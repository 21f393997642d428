"""`xgboost_conjunctions`: an engineer who was told what to look for."""

from __future__ import annotations

from customs_baselines.features.risk import RiskProfiles
from customs_baselines.shapes.graph_trees import GraphTrees, LabelFeatures

#: Who files and how: single links are impure, conjunctions are not (GENERATOR.md, 6).
CONJUNCTIONS: tuple[tuple[str, ...], ...] = (
    ("Declarant ID", "Country of Departure"),
    ("Declarant ID", "Office ID"),
    ("Declarant ID", "Heading"),
    ("Declarant ID", "Country of Departure", "Office ID"),
    ("Declarant ID", "Country of Departure", "Chapter"),
    ("Declarant ID", "Office ID", "Chapter"),
    ("Declarant ID", "Country of Origin Indicator", "Office ID"),
    ("Declarant ID", "Country of Departure", "Office ID", "Chapter"),
)


class XGBoostConjunctions(GraphTrees):
    """XGBoost over kit, graph and the fraud history of declarant x departure, office and goods.

    The histories are out-of-fold (`RiskProfiles`). With them trees need not find the conjunction
    that gives a ring away: the features name it.
    """

    def make_more_features(self) -> list[LabelFeatures]:
        """Histories of conjunctions."""
        return [RiskProfiles(CONJUNCTIONS, smoothing=2.0, random_state=self.random_state)]


ESTIMATOR = XGBoostConjunctions
RECIPE = None
SUMMARY = "XGBoost over kit and graph features and fraud histories of declarant conjunctions."
