"""Judgements: numbers and sentences of a judge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One number of a judge.

    Attributes
    ----------
    name : str
        What is measured.
    synthetic : float or None
        Value of the synthetic table; None if it cannot be measured.
    source : float or None
        Reference for `synthetic`: the value of the source, of its half-split, or of chance.
    explanation : str
        One sentence.
    """

    name: str
    synthetic: float | None
    source: float | None
    explanation: str

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return {
            "name": self.name,
            "synthetic": self.synthetic,
            "source": self.source,
            "explanation": self.explanation,
        }


@dataclass(frozen=True)
class Judgement:
    """Result of one judge.

    Attributes
    ----------
    judge : str
        Name of the judge.
    findings : tuple of Finding
        Numbers; empty if it cannot judge.
    sentences : tuple of str
        What gives the table away, or why the judge cannot judge.
    details : dict
        Plain data for the JSON and the figures.
    """

    judge: str
    findings: tuple[Finding, ...] = ()
    sentences: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the judgement as plain data."""
        return {
            "judge": self.judge,
            "findings": [finding.as_dict() for finding in self.findings],
            "sentences": list(self.sentences),
            "details": self.details,
        }

    def value(self, name: str) -> float | None:
        """Return the synthetic value of a finding."""
        return next(finding.synthetic for finding in self.findings if finding.name == name)
