"""Verification: whether files, scores, Ladder, selections and standings agree with the log.

`verify` is the entrance, `report` what it returns. `records` reads a competition once; `chain`,
`replay` (what the log says), `files`, `ladder` and `final` each check one thing and name what is
wrong. `published` reads the evidence (`standings.evidence`), with which anyone can verify after the
reveal.
"""
