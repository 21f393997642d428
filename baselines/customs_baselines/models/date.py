"""`date`: dual attention of importer and goods over a booster's leaves."""

from __future__ import annotations

from customs_baselines.date.estimator import Date

ESTIMATOR = Date
RECIPE = None
SUMMARY = "DATE: importer and HS code attend to the leaves of cross-fitted boosted trees."
