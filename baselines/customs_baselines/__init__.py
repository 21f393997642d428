"""Baselines: models, features and the machinery that runs and compares them.

Hyper-parameters, features and the way a run is recorded live here; scores come from
`customs_scorer`, declarations and editions from `customs_data`.
"""
