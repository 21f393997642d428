"""Baselines: models, their features, and the code that runs, explains and compares them.

Scores come from `customs_scorer`, declarations and editions from `customs_data`.
"""
