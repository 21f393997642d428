"""Metric files for Kaggle, one for each task; each runs alone."""
