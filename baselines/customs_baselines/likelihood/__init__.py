"""Likelihood of a world whose making is known: effects, hidden clusters, rings, and forms."""
