"""How near a synthetic table of declarations is to its source, and what gives it away.

Read in this order: `tables.py` (what is compared), `comparison.py` (the two tables at equal size,
as numbers and codes), `metrics.py` and `newness.py` (the eight metrics of the paper's Table 2),
`quality.py` (their averages, beside the half-split ceiling), `judgement.py` (what a judge finds),
then the judges that Table 2 lacks: `two_sample.py` with `features.py` and `giveaways.py`,
`combinations.py`, `entities.py`, `label_information.py`, `privacy.py`; `report.py` runs them all.
Judges whose yardstick is the metric are in `customs_scorer.fidelity_judges` and are passed in.
"""
