"""Base classes of several baselines."""
