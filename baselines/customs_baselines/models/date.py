"""`date`: dual attention over cross features - importer and goods read a booster's leaves."""

from __future__ import annotations

from customs_baselines.date.estimator import Date

ESTIMATOR = Date
RECIPE = None
SUMMARY = "DATE: importer and HS code attend to the leaves of cross-fitted boosted trees."
