"""Strategies of a season, one module each: ESTIMATOR and SUMMARY."""
