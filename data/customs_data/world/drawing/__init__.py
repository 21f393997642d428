"""Random streams and arithmetic: the same bytes on every machine."""
