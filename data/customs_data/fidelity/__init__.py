"""Fidelity: how similar synthetic declarations are to their source, and what gives them away.

Reading order: `sides` (what is compared), `comparison` (both tables at equal size, as numbers and
codes), `metrics` and `newness` (the eight metrics of the paper's Table 2), `quality` (their
averages, with the half-split reference), `judges/` (what Table 2 lacks), `measure` (runs all of it)
and `page/`. Judges that use the metric of the task are in `customs_scorer.fidelity_judges` and
passed in.
"""
