"""Verification: whether files, scores, Ladder, selections and standings agree with the log.

`verify` is the entrance, `report` what it returns. `records` reads a competition once; `chain`,
`replay` (what the log says), `files`, `ladder` and `final` each check one thing and name what is
wrong. `evidence` writes the file that lets anyone run this after the reveal, and `published` reads
it.
"""
