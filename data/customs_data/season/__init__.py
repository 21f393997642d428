"""Declarations week by week: who arrives when, and what an inspection of each would find."""
