"""Standings: public and final ones, selections, the close, exports, re-runs, reference scores."""
