"""Publishing an edition where people already compete: Codabench and Kaggle.

Read in this order: `announcement` (what is announced, and which editions may be), `pages` and
`texts/` (what it is announced with), `guard` (nothing of hidden/ leaves by mistake), then
`codabench_bundle`, `codabench_program`, `codabench_check`, then the modules of Kaggle.
"""
