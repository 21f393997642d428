"""Standings: public, final and by phase; selections, close, evidence, exports, reference scores."""
