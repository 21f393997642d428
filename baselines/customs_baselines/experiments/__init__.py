"""Grids of runs, their results, and what documents show of them.

In the order of the work: `grid` (what to run), `editions` (on what), `running` (in parallel,
resumed after an interruption), `results_file` (one JSON file), `rows` and `statistics` (means,
spreads, intervals), `tables`, `summaries` and `curves` (Markdown, JSON, pictures), `table3` (the
paper's figures).
"""
