"""One module per baseline: constants ESTIMATOR, RECIPE, SUMMARY, and the estimator's class."""
