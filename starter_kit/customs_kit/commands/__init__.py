"""Commands, one folder per group; heavy imports are inside the functions."""
