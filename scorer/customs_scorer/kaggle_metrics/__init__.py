"""Metric files for Kaggle and Codabench, one per task; each runs without the kit.

Each defines `TARGET` (columns of the solution), `ANSWER` (columns of a submission), `SCORES` (names
of the task's metrics with keyword arguments of `score`), `score` and `ParticipantVisibleError`. A
task of another package names its metric file in a constant `KAGGLE_METRIC` beside its `TASK`.
"""
