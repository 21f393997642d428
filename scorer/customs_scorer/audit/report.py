"""Running the audit and laying it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from customs_data.edition.loading import Edition
from customs_data.edition.verification import verify_edition
from customs_data.reports.pages import render_page
from customs_scorer.audit.evidence import (
    MOST_ROWS,
    AuditTest,
    Evidence,
    gather_evidence,
)
from customs_scorer.audit.histories import audit_histories
from customs_scorer.audit.lookups import audit_best_lookup, audit_lookups
from customs_scorer.audit.traces import audit_traces

Tester = Callable[[Evidence], Iterator[AuditTest]]
# What is counted looks at every declaration; models and hundreds of look-ups may take a sample.
_COUNTING: tuple[Tester, ...] = (audit_lookups, audit_histories)
_MODELLING: tuple[Tester, ...] = (audit_best_lookup, audit_traces)


@dataclass(frozen=True)
class AuditReport:
    """The outcome of an audit."""

    edition: str
    tests: tuple[AuditTest, ...]

    @property
    def passed(self) -> bool:
        """Whether every test passed."""
        return all(test.passed for test in self.tests)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data: ``passed`` and ``tests``."""
        return {"passed": self.passed, "tests": [test.as_dict() for test in self.tests]}

    def to_html(self) -> str:
        """Return the report as one self-contained page."""
        return render_page(
            "customs_scorer.audit",
            "audit.html",
            title=f"Audit of {self.edition}",
            passed=self.passed,
            rows=[
                (
                    test.name,
                    f"{test.value:.4f}",
                    f"{test.threshold:.4f}",
                    "ok" if test.passed else "FAILED",
                    test.explanation,
                )
                for test in self.tests
            ],
            failed=[not test.passed for test in self.tests],
        )


def audit_edition(
    edition: Edition,
    *,
    more: Sequence[Callable[[Edition, Evidence], AuditTest]] = (),
    on_test: Callable[[AuditTest], None] = lambda test: None,
) -> AuditReport:
    """Audit an edition.

    Parameters
    ----------
    edition : Edition
        With hidden labels at hand, the private period is what is attacked; without, the last
        quarter of the training period. Of more than `MOST_ROWS` declarations, tests that fit
        models or try hundreds of look-ups see a random sample, and say so.
    more : sequence of callable
        Tests from higher floors, each called with edition and evidence.
    on_test : callable
        Called after each test, for progress.

    Raises
    ------
    KitError
        If labels are too few.
    """
    evidence = gather_evidence(edition)
    tests = []

    def keep(test: AuditTest) -> None:
        tests.append(test)
        on_test(test)

    for tester in _COUNTING:
        for test in tester(evidence):
            keep(test)
    sample = evidence.sampled(MOST_ROWS)
    n_rows, n_all = len(sample.y_both), len(evidence.y_both)
    for tester in _MODELLING:
        for test in tester(sample):
            keep(test if sample is evidence else test.of_sample("random rows", n_rows, n_all))
    failed = [check.name for check in verify_edition(edition.layout.public) if not check.passed]
    keep(
        AuditTest(
            "public/ is sound",
            float(len(failed)),
            0.0,
            f"Failed checks of `data verify` on public/: {', '.join(failed) or 'none'}.",
        )
    )
    for extra in more:
        keep(extra(edition, evidence))
    return AuditReport(edition.manifest.name, tuple(tests))
