"""`customs-kit data`."""
