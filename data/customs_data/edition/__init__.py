"""Editions: the folder a competition is made of, from writing to verifying."""
