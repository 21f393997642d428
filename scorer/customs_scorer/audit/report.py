"""Running the audit and laying it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from customs_data.edition.loading import Edition
from customs_data.edition.verification import verify_edition
from customs_data.reports.pages import render_page
from customs_data.tasks import Answer, Choices, Groups, Scores, Task
from customs_scorer.audit.choices import audit_best_choice_lookup, audit_choices
from customs_scorer.audit.evidence import (
    MOST_ROWS,
    AuditTest,
    Evidence,
    Skipped,
    gather_evidence,
)
from customs_scorer.audit.histories import audit_histories
from customs_scorer.audit.lookups import audit_best_lookup, audit_lookups
from customs_scorer.audit.memberships import audit_groups
from customs_scorer.audit.traces import audit_periods, audit_traces

Tester = Callable[[Evidence], Iterator[AuditTest | Skipped]]


@dataclass(frozen=True)
class _Testers:
    """Tests of a kind of answer.

    Attributes
    ----------
    counting : tuple of callable
        Counts, which look at every declaration.
    modelling : tuple of callable
        Models and hundreds of look-ups, which may take a sample.
    n_tests : int
        Tests, without those of higher floors and of extra columns.
    """

    counting: tuple[Tester, ...]
    modelling: tuple[Tester, ...]
    n_tests: int


_TESTERS: Final[dict[type[Answer], _Testers]] = {
    Scores: _Testers((audit_lookups, audit_histories), (audit_best_lookup, audit_traces), 20),
    Choices: _Testers((audit_choices,), (audit_best_choice_lookup, audit_periods), 10),
    Groups: _Testers((audit_groups,), (audit_periods,), 7),
}


def count_tests(task: Task) -> int:
    """Return the number of tests of a task, without those of higher floors and extra columns."""
    return _TESTERS[type(task.answer)].n_tests


#: Tests from a higher floor.
MoreTests = Callable[[Edition, Evidence], Iterable[AuditTest]]
#: The same, of which an edition may not allow some.
Adversary = Callable[[Edition, Evidence], Iterable[AuditTest | Skipped]]


@dataclass(frozen=True)
class AuditReport:
    """The outcome of an audit.

    Attributes
    ----------
    edition : str
        Its name.
    tests : tuple of AuditTest
        Whether labels can be looked up or leak.
    adversary : tuple of AuditTest and Skipped, or None
        What the simulator's code gives away; None if it was not asked for.
    untested : tuple of Skipped
        Tests that the edition does not allow, because it lacks a column.
    """

    edition: str
    tests: tuple[AuditTest, ...]
    adversary: tuple[AuditTest | Skipped, ...] | None = None
    untested: tuple[Skipped, ...] = ()

    @property
    def adversary_tests(self) -> tuple[AuditTest, ...]:
        """Those of the adversary's tests that the edition allowed."""
        return tuple(test for test in self.adversary or () if isinstance(test, AuditTest))

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What was not tested, the adversary's attacks last."""
        attacks = (test for test in self.adversary or () if isinstance(test, Skipped))
        return (*self.untested, *attacks)

    @property
    def passed(self) -> bool:
        """Whether every test passed; tests that were skipped do not count."""
        return all(test.passed for test in (*self.tests, *self.adversary_tests))

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data.

        ``passed`` and ``tests``; ``skipped`` if the edition lacks columns; with the adversary also
        ``adversary``, a dict of ``tests`` and ``skipped``.
        """
        content = {"passed": self.passed, "tests": [test.as_dict() for test in self.tests]}
        if self.untested:
            content["skipped"] = [test.as_dict() for test in self.untested]
        if self.adversary is None:
            return content
        return content | {
            "adversary": {
                "tests": [test.as_dict() for test in self.adversary_tests],
                "skipped": [it.as_dict() for it in self.adversary if isinstance(it, Skipped)],
            }
        }

    def to_html(self) -> str:
        """Return the report as one self-contained page."""
        return render_page(
            "customs_scorer.audit",
            "audit.html",
            title=f"Audit of {self.edition}",
            passed=self.passed,
            rows=_rows(self.tests),
            failed=_failed(self.tests),
            has_adversary=self.adversary is not None,
            adversary_rows=_rows(self.adversary_tests),
            adversary_failed=_failed(self.adversary_tests),
            skipped=[(test.name, test.reason) for test in self.skipped],
        )


def _rows(tests: Sequence[AuditTest]) -> list[tuple[str, str, str, str, str]]:
    return [
        (
            test.name,
            f"{test.value:.4f}",
            f"{test.threshold:.4f}",
            "ok" if test.passed else "FAILED",
            test.explanation,
        )
        for test in tests
    ]


def _failed(tests: Sequence[AuditTest]) -> list[bool]:
    return [not test.passed for test in tests]


def audit_edition(
    edition: Edition,
    *,
    more: Sequence[MoreTests] = (),
    adversary: Adversary | None = None,
    on_test: Callable[[AuditTest | Skipped], None] = lambda test: None,
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
    adversary : callable, optional
        Tests of what the simulator's code gives away, called in the same way, after all others.
    on_test : callable
        Called after each test, for progress.

    Raises
    ------
    KitError
        If labels are too few.
    """
    evidence = gather_evidence(edition)
    tests: list[AuditTest] = []
    untested: list[Skipped] = []

    def keep(test: AuditTest | Skipped) -> None:
        if isinstance(test, AuditTest):
            tests.append(test)
        else:
            untested.append(test)
        on_test(test)

    testers = _TESTERS[type(edition.task.answer)]
    for tester in testers.counting:
        for test in tester(evidence):
            keep(test)
    sample = evidence.sampled(MOST_ROWS)
    n_rows, n_all = len(sample.both), len(evidence.both)
    for tester in testers.modelling:
        for test in tester(sample):
            if sample is not evidence and isinstance(test, AuditTest):
                test = test.of_sample("random rows", n_rows, n_all)
            keep(test)
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
        for test in extra(edition, evidence):
            keep(test)
    if adversary is None:
        return AuditReport(edition.manifest.name, tuple(tests), untested=tuple(untested))
    attacks = []
    for attack in adversary(edition, evidence):
        attacks.append(attack)
        on_test(attack)
    return AuditReport(edition.manifest.name, tuple(tests), tuple(attacks), tuple(untested))
