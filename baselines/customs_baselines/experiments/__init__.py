"""Grids of runs, their results, and tables and curves of results.

In the order of the work: `grid` (what to run), `grid_editions` (on what), `run_grid` (in parallel,
resumed after an interruption), `results_file` (one JSON file), `result_rows` and `statistics`
(means, spreads, intervals), `markdown_tables`, `differences`, `summaries` and `curves` (Markdown,
JSON, pictures), `paper_table3` (scores in the paper).
"""
