"""Tables of results for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from customs_kit.terminal.run_tables import meaning_of_ceiling

if TYPE_CHECKING:
    from customs_baselines.attribution.account import ModelAccount
    from customs_baselines.explaining.explanation import Explanation
    from customs_scorer.audit.evidence import AuditTest
    from customs_scorer.audit.report import AuditReport
    from customs_scorer.metrics import TaskMetrics


def _number(value: float | None) -> str:
    return "-" if value is None or isnan(value) else f"{value:.4f}"


def _joined(values: Iterable[float | None]) -> str:
    """Values of the ranked metrics, or a dash if one is missing."""
    cells = [_number(value) for value in values]
    return "-" if "-" in cells else " / ".join(cells)


def _ranking(metrics: TaskMetrics, between: str) -> str:
    """The ranked metrics in words: the title of the first, short forms of the others."""
    first, *others = metrics.ranked
    return between.join([first.title, *(metric.short or metric.title for metric in others)])


def audit_table(report: AuditReport) -> Table:
    """One row per test."""
    return _tests_table(f"Audit of {report.edition}", report.tests)


def adversary_tables(report: AuditReport) -> list[Table]:
    """Return the adversary's attacks and what was skipped, one table each; none if not asked."""
    tables = []
    if report.adversary_tests:
        title = "The adversary: what the simulator's code gives away"
        tables.append(_tests_table(title, report.adversary_tests))
    if report.skipped:
        table = Table(title=Text("Not tested"), title_justify="left")
        table.add_column("test")
        table.add_column("why", overflow="fold")
        for test in report.skipped:
            table.add_row(test.name, test.reason)
        tables.append(table)
    return tables


def _tests_table(title: str, tests: Sequence[AuditTest]) -> Table:
    table = Table(title=Text(title), title_justify="left")
    table.add_column("test")
    for column in ("value", "threshold"):
        table.add_column(column, justify="right")
    table.add_column("verdict")
    table.add_column("what it measures", overflow="fold")
    for test in tests:
        verdict = "ok" if test.passed else "FAILED"
        table.add_row(
            test.name, f"{test.value:.4f}", f"{test.threshold:.4f}", verdict, test.explanation
        )
    return table


def ceiling_table(hidden: dict[str, Any], metrics: TaskMetrics, label: str) -> Table:
    """Ceiling and schemes of a simulated edition (organizers); `label` is what models learn."""
    table = Table(title=Text("From hidden/: schemes and ceiling"), title_justify="left")
    table.add_column("scheme")
    table.add_column("test declarations", justify="right")
    table.add_column(f"labelled {label.lower()}", justify="right")
    for name, counts in hidden["schemes"].items():
        table.add_row(name, f"{counts['n_declarations']:,}", f"{counts['fraud_rate']:.1%}")
    lines = []
    for name, meaning in meaning_of_ceiling(hidden["ceiling"], hidden["prior"]).items():
        periods = (
            [hidden[name][period][metric.name] for metric in metrics.ranked]
            for period in ("public", "private")
        )
        public, private = map(_joined, periods)
        ranking = _ranking(metrics, " / ")
        lines.append(
            f"{name.capitalize()} ({meaning}), {ranking}: Public {public}, Private {private}"
        )
    for metric in metrics.reported:
        if metric.name in hidden["ceiling"].get("private", {}):
            public, private = (
                _joined([hidden["ceiling"][p][metric.name]]) for p in ("public", "private")
            )
            lines.append(f"Ceiling, {metric.title}: Public {public}, Private {private}")
    if lines:
        table.caption = "\n".join(lines)
        table.caption_justify = "left"
    return table


_N_CONTRIBUTIONS = 10


def importance_table(explanation: Explanation) -> Table:
    """Columns that a model relies on, most important first."""
    table = Table(title=Text(f"What {explanation.model} looks at"), title_justify="left")
    table.add_column("declared columns", overflow="fold")
    table.add_column("share of mean |SHAP|", justify="right")
    table.add_column("share of splits", justify="right")
    for row in explanation.importance()[:_N_CONTRIBUTIONS]:
        splits = "-" if row.split_share is None else f"{row.split_share:.1%}"
        table.add_row(" x ".join(row.columns), f"{row.share:.1%}", splits)
    return table


def contributions_table(explanation: Explanation) -> Table:
    """Why a model scores the explained declaration as it does."""
    ident = explanation.declarations.iloc[0]["Declaration ID"]
    title = f"Declaration {ident}: fraud score {explanation.scores[0]:.3f}"
    table = Table(title=Text(title), title_justify="left")
    table.add_column("declared", overflow="fold")
    table.add_column(f"adds ({explanation.shap.unit})", justify="right")
    table.add_column("in words")
    for row in explanation.contributions()[:_N_CONTRIBUTIONS]:
        table.add_row(row.in_words, f"{row.value:+.3f}", explanation.effect(row.value))
    return table


def account_table(account: ModelAccount) -> Table:
    """A model's own account of one declaration's score."""
    table = Table(title=Text(account.title), title_justify="left")
    for i, name in enumerate(account.header):
        table.add_column(name, overflow="fold", justify="left" if i == 0 else "right")
    for row in account.rows:
        table.add_row(*row)
    return table
