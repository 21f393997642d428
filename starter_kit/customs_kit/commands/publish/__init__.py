"""`customs-kit publish`."""
