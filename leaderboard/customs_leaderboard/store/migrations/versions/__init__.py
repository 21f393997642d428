"""One revision per file."""
