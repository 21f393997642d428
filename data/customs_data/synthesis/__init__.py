"""Synthesis: fit a model to declarations of a source, and draw new ones like them.

Reading order: `read_source` (checks and what is dropped), `encoding/` (declarations as rows of
numbers, and back), `models/`, `parts` (fit and draw, without repeating the source: `repeats`,
`unseen_masses`), `traders/` (who files for whom), `pipeline` (all steps), `output`.
`paper_recipe` is the authors' own recipe, for comparison.
"""
