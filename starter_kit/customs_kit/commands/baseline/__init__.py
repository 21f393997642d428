"""`customs-kit baseline`."""
