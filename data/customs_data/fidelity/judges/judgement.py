"""What a judge finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One number of a judge.

    Attributes
    ----------
    name : str
        What was measured.
    synthetic : float or None
        Of the synthetic table; None where it could not be measured.
    source : float or None
        What the source itself gives (its own value, its half-split, or chance): what to hold
        `synthetic` against.
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
    """What one judge found.

    Attributes
    ----------
    judge : str
        Name of the judge.
    findings : tuple of Finding
        Its numbers; empty where it could not judge.
    sentences : tuple of str
        What it says in words: what gives the table away, or why it could not judge.
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
        return next(found.synthetic for found in self.findings if found.name == name)
