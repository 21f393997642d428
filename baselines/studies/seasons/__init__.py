"""Strategies of the weekly decision on many worlds: docs/SEASON.md."""
