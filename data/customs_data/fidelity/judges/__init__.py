"""Judges beyond Table 2: two-sample test, combinations, entities, label information, privacy."""
