"""Traders of synthetic declarations: histories and new IDs."""
