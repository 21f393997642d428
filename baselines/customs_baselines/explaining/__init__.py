"""What a model looks at, and why it flags one declaration.

In the order of the work: `shapley` (SHAP values, by the `shap` library), `splits` (how often trees
ask for a column), `explanation` (both, by declared column), `wording` (declared values in words),
`figures` and `report` (pictures, HTML), `tables` (Markdown).
"""
