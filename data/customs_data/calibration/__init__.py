"""Calibration profiles of declarations: what a source has, and its tables without noise.

Reading order: `sources` (files or an edition, and the columns they lack), `counting` (tables with a
minimum count). Tables with noise are those of `customs_data.private_profile`.
"""
