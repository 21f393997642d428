"""One module a baseline: constants ESTIMATOR, RECIPE, SUMMARY, and the estimator's class."""
