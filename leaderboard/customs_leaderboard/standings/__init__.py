"""Standings: public ones, selections, the close, final ones, exports and the re-run."""
