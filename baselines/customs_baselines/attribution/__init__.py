"""Shapley values and split counts of fitted trees, computed in the child process."""
