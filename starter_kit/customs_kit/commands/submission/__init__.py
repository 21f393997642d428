"""`customs-kit submission`."""
