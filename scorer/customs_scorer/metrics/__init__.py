"""Metrics: which declarations an inspection opens, and what that is worth."""
