"""Teams and their tokens."""
