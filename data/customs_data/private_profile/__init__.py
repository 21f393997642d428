"""A calibration profile with differential privacy for importers.

Reading order: `contributions` (the declarations that count: at most so many of each importer),
`plan` and `accounting` (which tables, and what each takes of the budget), `noise` (OpenDP's
mechanisms), `counting` and `moments` (an importer's bounded contribution to a table), `measuring`
(the only module that reads declarations and adds noise: `NoisyTables`), `days`, `filing`, `goods`,
`values` and `assembling` (from noisy tables to a consistent profile, without the declarations),
`making` (all of it), `membership` (the attack that a release is tried with).
"""
