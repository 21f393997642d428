"""Agents of a world: importers, declarants, sellers, and their clusters."""
