"""Publishing an edition on Codabench and Kaggle.

Read in this order: `announcement` (title and dates), `pages` and `texts/` (the competition's
pages), `guard` (keeps hidden/ from leaking), `codabench/`, `kaggle/`.
"""
