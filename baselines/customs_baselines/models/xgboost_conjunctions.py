"""`xgboost_conjunctions`: engineered features that give a ring away."""

from __future__ import annotations

from customs_baselines.features.risk import RiskProfiles
from customs_baselines.shapes.graph_trees import GraphTrees, LabelFeatures

#: Declarant and way of filing: a conjunction gives a ring away, a single link does not.
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

    The histories are out-of-fold (`RiskProfiles`). Their features are the conjunctions that give a
    ring away, so that trees need not search for them.
    """

    def make_more_features(self) -> list[LabelFeatures]:
        """Return unfitted histories of conjunctions."""
        return [RiskProfiles(CONJUNCTIONS, smoothing=2.0, random_state=self.random_state)]


ESTIMATOR = XGBoostConjunctions
RECIPE = None
SUMMARY = "XGBoost over kit and graph features and fraud histories of declarant conjunctions."
