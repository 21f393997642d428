"""`lightgbm_team`: what a strong team builds that does not read the generator's code."""

from __future__ import annotations

from customs_baselines.features.partners import Partners
from customs_baselines.features.risk import RiskProfiles
from customs_baselines.features.transformer import DeclarationTransformer
from customs_baselines.shapes.context_trees import ContextTrees

#: Histories of pairs, triples and one quadruple of traders, places and goods.
TEAM_KEYS: tuple[tuple[str, ...], ...] = (
    ("Importer ID", "Seller ID"),
    ("Importer ID", "Chapter"),
    ("Seller ID", "Chapter"),
    ("Declarant ID", "Seller ID"),
    ("Declarant ID", "Office ID"),
    ("Declarant ID", "Country of Departure"),
    ("Declarant ID", "HS6 Code"),
    ("Declarant ID", "Country of Departure", "Office ID"),
    ("Declarant ID", "Country of Departure", "Chapter"),
    ("Declarant ID", "Office ID", "Chapter"),
    ("Declarant ID", "Country of Departure", "Chapter", "Office ID"),
)


class LightGBMTeam(ContextTrees):
    """LightGBM over kit features, histories of conjunctions, and partners of traders.

    All of it is common knowledge among people who win competitions with tables: out-of-fold target
    encodings of entities and conjunctions, group statistics, distinct counts and two hops. Nothing
    is taken from the generator. A graph network should be better than this, or it is not needed.
    """

    def make_more_features(self) -> list[DeclarationTransformer]:
        """Return unfitted histories of conjunctions, and partners."""
        return [
            RiskProfiles(TEAM_KEYS, smoothing=2.0, random_state=self.random_state),
            Partners(random_state=self.random_state),
        ]


ESTIMATOR = LightGBMTeam
RECIPE = None
YARDSTICK = True
SUMMARY = "LightGBM tuned as by a strong team: target encodings of conjunctions and two hops."
