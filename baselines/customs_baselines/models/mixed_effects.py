"""`mixed_effects`: logistic regression with one shrunken effect per code and trader."""

from customs_baselines.mixed.estimator import MixedEffects

ESTIMATOR = MixedEffects
RECIPE = None
SUMMARY = "Logistic regression with an effect per code, pair and trader, shrunk by the labels."
