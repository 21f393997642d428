"""Results of a verification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """Result of one check.

    Attributes
    ----------
    name : str
        What was checked, in a word or two.
    explanation : str
        What was compared, in one sentence.
    findings : list of str
        What is wrong, one line each; empty if nothing is.
    """

    name: str
    explanation: str
    findings: list[str]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


@dataclass(frozen=True)
class Report:
    """Result of a verification.

    Attributes
    ----------
    checks : list of Check
        In the order of checking.
    unproved : list of str
        What could not be checked, and why, one sentence each.
    """

    checks: list[Check]
    unproved: list[str]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(check.passed for check in self.checks)

    @property
    def findings(self) -> list[str]:
        """All that is wrong, one line each."""
        return [finding for check in self.checks for finding in check.findings]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data for JSON."""
        checks = [{**vars(check), "passed": check.passed} for check in self.checks]
        return {"passed": self.passed, "checks": checks, "unproved": self.unproved}
