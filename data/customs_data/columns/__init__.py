"""Columns as numbers: grouping values, matching IDs, frames mapped from disk, decimal digits."""
