"""Likelihood of a world whose making is known: effects, hidden clusters, and which are rings."""
