"""Editions: the folders of competitions, from generating to verifying."""
