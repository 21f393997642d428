"""Tables of results for a terminal."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from customs_baselines.attribution.account import ModelAccount
    from customs_baselines.explaining.explanation import Explanation
    from customs_baselines.running.records import RunRecord
    from customs_scorer.audit.report import AuditReport
    from customs_scorer.ranking import Standing
    from customs_scorer.yardsticks import Reference


def _number(value: float | None) -> str:
    return "-" if value is None or isnan(value) else f"{value:.4f}"


def _interval(interval: tuple[float, float] | None) -> str:
    return "-" if interval is None else f"{interval[0]:.3f} .. {interval[1]:.3f}"


def scorecard_table(standing: Standing) -> Table:
    """Everything about one submission."""
    table = Table(title=Text(standing.file), title_justify="left")
    table.add_column("")
    periods = (standing.scorecard.public, standing.scorecard.private)
    for name in ("Public", "Private"):
        table.add_column(name, justify="right")
    table.add_row("declarations", *(f"{score['n_declarations']:,}" for score in periods))
    table.add_row("fraud", *(f"{score['n_fraud']:,}" for score in periods))
    critical = (f"{score['n_critical']:,}" for score in periods)
    table.add_row("critical fraud", *critical, end_section=True)
    for n in (5, 10):
        for label, name in (
            (f"precision@{n} %", f"precision_at_{n}"),
            (f"recall@{n} %", f"recall_at_{n}"),
            (f"lift@{n} %", f"lift_at_{n}"),
            (f"critical precision@{n} %", f"critical_precision_at_{n}"),
        ):
            table.add_row(label, *(_number(score[name]) for score in periods))
            if name.startswith("precision"):
                intervals = (score[f"interval_at_{n}"] for score in periods)
                table.add_row("  95 % interval", *map(_interval, intervals))
        table.add_section()
    table.add_row("with no twin in training", *(f"{score['n_unseen']:,}" for score in periods))
    for n in (5, 10):
        unseen = (score[f"unseen_precision_at_{n}"] for score in periods)
        table.add_row(f"  precision@{n} % of these", *map(_number, unseen))
    return table


def standings_table(standings: list[Standing]) -> Table:
    """Submissions, best first."""
    table = Table(title="Standings: private precision@5 %, then @10 %", title_justify="left")
    table.add_column("rank", justify="right")
    table.add_column("file", overflow="fold")
    for column in (
        "Public @5",
        "Public @10",
        "Private @5",
        "95 % interval",
        "Private @10",
        "unseen @5",
    ):
        table.add_column(column, justify="right")
    for rank, standing in enumerate(standings, start=1):
        public, private = standing.scorecard.public, standing.scorecard.private
        table.add_row(
            str(rank),
            standing.file,
            _number(public["precision_at_5"]),
            _number(public["precision_at_10"]),
            _number(private["precision_at_5"]),
            _interval(private["interval_at_5"]),
            _number(private["precision_at_10"]),
            _number(private["unseen_precision_at_5"]),
        )
    return table


def runs_table(records: list[RunRecord], title: str, *, compact: bool = False) -> Table:
    """Runs in the order of the plan: precision by period and on unseen tuples, and costs.

    `compact` omits columns for a narrow terminal (run.json contains them all).
    """
    table = Table(title=Text(title), title_justify="left")
    table.add_column("baseline", overflow="fold")
    table.add_column("recipe")
    scored = any(record.scores["private"] for record in records)
    validated = any(record.validation for record in records)
    varied = len({(record.run.label_rate, record.run.seed) for record in records}) > 1
    for column in ("labels", "seed") if varied else ():
        table.add_column(column, justify="right")
    if validated:
        table.add_column("Validation @5 / @10", justify="right")
    if scored:
        for column in _SCORES[:2] if compact else _SCORES:
            table.add_column(column, justify="right")
    for column in ("seconds",) if compact else ("seconds", "CPU s", "MiB"):
        table.add_column(column, justify="right")
    for record in records:
        name = record.run.name + (" (transductive)" if record.result.transductive else "")
        cells = [name, record.run.recipe or "-"]
        if varied:
            cells += [f"{record.repeat['label_rate']:g}", str(record.run.seed)]
        if validated:
            cells.append(_pair(record.validation))
        if scored:
            cells += _score_cells(record)[: 2 if compact else None]
        result = record.result
        costs = [
            "failed" if record.failed else f"{result.seconds:.1f}",
            "-" if record.failed else f"{result.cpu_seconds:.1f}",
            "-" if record.failed else f"{result.peak_memory_mib:,.0f}",
        ]
        table.add_row(*cells, *costs[: 1 if compact else None])
    return table


_SCORES = ("Public @5 / @10", "Private @5 / @10", "95 % (@5)", "unseen @5 / @10")


def _score_cells(record: RunRecord) -> list[str]:
    public, private = record.scores["public"], record.scores["private"]
    if public is None or private is None:
        return ["-"] * 4
    interval = private["interval_at_5"]
    return [_pair(public), _pair(private), _interval(interval), _pair(private, "unseen_")]


def _pair(scores: dict[str, Any] | None, prefix: str = "") -> str:
    """Precision at 5 and 10 %, or a dash where either is missing."""
    values = [(scores or {}).get(f"{prefix}precision_at_{n}") for n in (5, 10)]
    return "-" if None in values else " / ".join(f"{value:.4f}" for value in values)


def reference_line(reference: Reference) -> str:
    """Sentences below every table of results: look-ups and ceiling."""
    sentence = (
        f"{reference.twin_share:.1%} of the test declarations repeat the tuple (HS6, departure, "
        "origin, tax rate, tax type, net mass) of a training declaration"
    )
    if reference.lookup is None:
        return f"{sentence}."
    return (
        f"{sentence}; copying its label scores {_pair(reference.lookup['private'])} on Private.\n"
        "'unseen' is the private precision on the other declarations, where nothing can be copied."
        + (
            ""
            if reference.ceiling is None
            else "\nThe ceiling (true fraud probabilities) on Private is "
            f"{_pair(reference.ceiling['private'])}."
        )
    )


def audit_table(report: AuditReport) -> Table:
    """One row per test."""
    table = Table(title=Text(f"Audit of {report.edition}"), title_justify="left")
    table.add_column("test")
    for column in ("value", "threshold"):
        table.add_column(column, justify="right")
    table.add_column("verdict")
    table.add_column("what it measures", overflow="fold")
    for test in report.tests:
        verdict = "ok" if test.passed else "FAILED"
        table.add_row(
            test.name, f"{test.value:.4f}", f"{test.threshold:.4f}", verdict, test.explanation
        )
    return table


def ceiling_table(hidden: dict[str, Any]) -> Table:
    """Ceiling and schemes of a simulated edition (organizers)."""
    table = Table(title=Text("From hidden/: schemes and ceiling"), title_justify="left")
    table.add_column("scheme")
    table.add_column("test declarations", justify="right")
    table.add_column("labelled fraud", justify="right")
    for name, counts in hidden["schemes"].items():
        table.add_row(name, f"{counts['n_declarations']:,}", f"{counts['fraud_rate']:.1%}")
    ceiling = hidden["ceiling"]
    table.caption = (
        f"Ceiling, precision@5 % / @10 %: Public {_pair(ceiling['public'])}, "
        f"Private {_pair(ceiling['private'])}"
    )
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
