"""Teams whose submissions are more alike than independent work makes them: hints, never proofs.

Read in this order: `sketches` (a submission in 4 kB), `pairs` (similar ones among many), `report`.
"""
