"""Judges beyond Table 2's metrics: combinations, entities, privacy, a two-sample classifier."""
