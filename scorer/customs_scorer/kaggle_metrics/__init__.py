"""Metric files for Kaggle, one per task; each runs without the kit."""
