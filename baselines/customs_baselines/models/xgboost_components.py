"""`xgboost_components`: communities of lines of trade, recovered without labels, as one column."""

from __future__ import annotations

from typing import Any

from xgboost import XGBClassifier

from customs_baselines.features.communities import CommunityRisk
from customs_baselines.features.transformer import DeclarationTransformer
from customs_baselines.models.lightgbm_team import LightGBMTeam


class XGBoostComponents(LightGBMTeam):
    """XGBoost over the features of `lightgbm_team` and the history of a declaration's community.

    In world version 1 one such column was worth as much as the graph network: whoever joined
    importers through sellers of several chapters had the rings. This is the yardstick of what is
    left of that: communities by modularity, the best we know without reading a label.
    """

    def make_more_features(self) -> list[DeclarationTransformer]:
        """Return unfitted features: the team's, and the community's history."""
        return [*super().make_more_features(), CommunityRisk(random_state=self.random_state)]

    def make_trees(self, many_labels: bool, random_state: int) -> Any:
        """Return XGBoost, unfitted."""
        return XGBClassifier(
            n_estimators=400 if many_labels else 250,
            max_depth=6 if many_labels else 4,
            learning_rate=0.04,
            min_child_weight=3.0,
            subsample=0.8,
            colsample_bytree=0.4,
            reg_lambda=5.0,
            tree_method="hist",
            random_state=random_state,
            n_jobs=self.n_jobs,
        )


ESTIMATOR = XGBoostComponents
RECIPE = None
YARDSTICK = True
SUMMARY = "XGBoost over the team's features and communities recovered without labels."
