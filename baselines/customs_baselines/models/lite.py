"""`lite`: at most 20 rules with whole points, for a spreadsheet or a database."""

from customs_baselines.lite.estimator import LiteScorecard

ESTIMATOR = LiteScorecard
RECIPE = None
SUMMARY = "Scorecard of at most 20 rules with whole points; `baseline export` writes CSV and SQL."
