"""`customs-kit inspection`."""
