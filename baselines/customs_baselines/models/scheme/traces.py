"""`traces`: trees that look for the trace of each violation, and mixed effects on the graph."""

from __future__ import annotations

from customs_baselines.violations.traced import TracedViolations

ESTIMATOR = TracedViolations
RECIPE = None
SUMMARY = "Traces of violations beside the importer's other declarations, and traders' effects."
