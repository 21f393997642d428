"""Declarations as the rows of a model, and back."""
