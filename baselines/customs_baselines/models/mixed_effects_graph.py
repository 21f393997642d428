"""`mixed_effects_graph`: mixed effects in which trading partners have similar effects."""

from customs_baselines.mixed.estimator import GraphMixedEffects

ESTIMATOR = GraphMixedEffects
RECIPE = None
SUMMARY = "Mixed effects, and a random field on the graph of importers, declarants and sellers."
