"""Codabench: the competition bundle, its check, and its scoring program."""
