"""Traders of synthetic declarations: their histories, and new IDs."""
