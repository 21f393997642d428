"""Random streams and arithmetic that give the same bytes on every machine."""
