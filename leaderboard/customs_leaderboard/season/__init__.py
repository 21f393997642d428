"""Competitions of seasons: each team decides week by week on worlds of its own."""
