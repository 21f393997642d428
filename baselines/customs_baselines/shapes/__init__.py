"""What several baselines have in common: a recipe of features with a classifier, and the like."""
