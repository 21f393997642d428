"""Declarations like those of a source: fitting a model and drawing from it.

Read in this order: `source` (what is read, and what of it is dropped), `codec` with `goods`,
`prices`, `rounding` and `calendar_days` (declarations as rows of numbers, and back), `rows` (what a
model sees), `models/`, `parts` (fit, draw, and what may not be repeated: `freshness`, `repeats`),
`histories` with `identity` (who files for whom), `pipeline` (the whole route), `output`.
`paper_recipe` is the authors' own recipe, for comparison.
"""
