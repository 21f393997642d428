"""Tables of results for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from customs_baselines.attribution.account import ModelAccount
    from customs_baselines.explaining.explanation import Explanation
    from customs_baselines.running.records import RunRecord
    from customs_scorer.audit.report import AuditReport
    from customs_scorer.metrics import Metric, TaskMetrics
    from customs_scorer.ranking import Standing
    from customs_scorer.yardsticks import Reference


def _number(value: float | None) -> str:
    return "-" if value is None or isnan(value) else f"{value:.4f}"


def _interval(interval: tuple[float, float] | None) -> str:
    return "-" if interval is None else f"{interval[0]:.3f} .. {interval[1]:.3f}"


def _joined(values: Iterable[float | None]) -> str:
    """Values of the ranked metrics, or a dash if one is missing."""
    cells = [_number(value) for value in values]
    return "-" if "-" in cells else " / ".join(cells)


def _heading(metric: Metric) -> str:
    return (metric.short or metric.title).removesuffix(" %")


def _ranking(metrics: TaskMetrics, between: str) -> str:
    """The ranked metrics in words: the title of the first, short forms of the others."""
    first, *others = metrics.ranked
    return between.join([first.title, *(metric.short or metric.title for metric in others)])


def scorecard_table(standing: Standing) -> Table:
    """Everything about one submission."""
    table = Table(title=Text(standing.file), title_justify="left")
    table.add_column("")
    card = standing.scorecard
    periods = (card.public, card.private)
    for name in ("Public", "Private"):
        table.add_column(name, justify="right")
    counts = {"n_declarations": "declarations", **card.metrics.count_titles}
    for name, title in counts.items():
        table.add_row(title, *(f"{score[name]:,}" for score in periods))
    for short in dict.fromkeys(metric.short for metric in card.metrics.all):
        table.add_section()
        for metric in (metric for metric in card.metrics.all if metric.short == short):
            table.add_row(metric.title, *(_number(score[metric.name]) for score in periods))
            if metric in card.metrics.ranked:
                intervals = (score[metric.interval_name] for score in periods)
                table.add_row("  95 % interval", *map(_interval, intervals))
    table.add_section()
    table.add_row("with no twin in training", *(f"{score['n_unseen']:,}" for score in periods))
    for metric in card.metrics.ranked:
        unseen = (score[f"unseen_{metric.name}"] for score in periods)
        table.add_row(f"  {metric.title} of these", *map(_number, unseen))
    return table


def standings_table(standings: list[Standing]) -> Table:
    """Submissions, best first."""
    metrics = standings[0].scorecard.metrics
    first, *others = metrics.ranked
    title = f"Standings: private {_ranking(metrics, ', then ')}"
    table = Table(title=title, title_justify="left")
    table.add_column("rank", justify="right")
    table.add_column("file", overflow="fold")
    for column in (
        *(f"Public {_heading(metric)}" for metric in metrics.ranked),
        f"Private {_heading(first)}",
        "95 % interval",
        *(f"Private {_heading(metric)}" for metric in others),
        f"unseen {_heading(first)}",
    ):
        table.add_column(column, justify="right")
    for rank, standing in enumerate(standings, start=1):
        public, private = standing.scorecard.public, standing.scorecard.private
        table.add_row(
            str(rank),
            standing.file,
            *(_number(public[metric.name]) for metric in metrics.ranked),
            _number(private[first.name]),
            _interval(private[first.interval_name]),
            *(_number(private[metric.name]) for metric in others),
            _number(private[f"unseen_{first.name}"]),
        )
    return table


def runs_table(
    records: list[RunRecord], title: str, metrics: TaskMetrics, *, compact: bool = False
) -> Table:
    """Runs in the order of the plan: scores by period and on unseen tuples, and costs.

    `compact` omits columns for a narrow terminal (run.json contains them all).
    """
    table = Table(title=Text(title), title_justify="left")
    table.add_column("baseline", overflow="fold")
    table.add_column("recipe")
    scored = any(record.scores["private"] for record in records)
    validated = any(record.validation for record in records)
    varied = len({(record.run.label_rate, record.run.seed) for record in records}) > 1
    first = metrics.ranked[0]
    names = [metric.name for metric in metrics.ranked]
    heading = " / ".join(map(_heading, metrics.ranked))
    periods = [f"Public {heading}", f"Private {heading}"]
    details = [f"95 % ({_heading(first)})", f"unseen {heading}"]
    for column in (
        *(("labels", "seed") if varied else ()),
        *((f"Validation {heading}",) if validated else ()),
        *(periods + details[: 0 if compact else None] if scored else ()),
        *(("seconds",) if compact else ("seconds", "CPU s", "MiB")),
    ):
        table.add_column(column, justify="right")
    for record in records:
        name = record.run.name + (" (transductive)" if record.result.transductive else "")
        cells = [name, record.run.recipe or "-"]
        if varied:
            cells += [f"{record.repeat['label_rate']:g}", str(record.run.seed)]
        if validated:
            validation = record.validation or {}
            cells.append(_joined(validation.get(name) for name in names))
        if scored:
            public, private = (record.scores[period] or {} for period in ("public", "private"))
            cells += [_joined(scores.get(name) for name in names) for scores in (public, private)]
            unseen = _joined(private.get(f"unseen_{name}") for name in names)
            cells += [] if compact else [_interval(private.get(first.interval_name)), unseen]
        result = record.result
        costs = [
            "failed" if record.failed else f"{result.seconds:.1f}",
            "-" if record.failed else f"{result.cpu_seconds:.1f}",
            "-" if record.failed else f"{result.peak_memory_mib:,.0f}",
        ]
        table.add_row(*cells, *costs[: 1 if compact else None])
    return table


def reference_line(reference: Reference) -> str:
    """Sentences below every table of results: look-ups and ceiling."""
    sentence = (
        f"{reference.twin_share:.1%} of the test declarations repeat the tuple (HS6, departure, "
        "origin, tax rate, tax type, net mass) of a training declaration"
    )
    if reference.lookup is None:
        return f"{sentence}."
    copied = _joined(reference.lookup["private"].values())
    line = (
        f"{sentence}; copying its label scores {copied} on Private.\n"
        "'unseen' is the private score on the other declarations, where no label can be copied."
    )
    if reference.ceiling is None:
        return line
    best = _joined(reference.ceiling["private"].values())
    return f"{line}\nThe ceiling (true probabilities) on Private is {best}."


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


def ceiling_table(hidden: dict[str, Any], metrics: TaskMetrics, label: str) -> Table:
    """Ceiling and schemes of a simulated edition (organizers); `label` is what models learn."""
    table = Table(title=Text("From hidden/: schemes and ceiling"), title_justify="left")
    table.add_column("scheme")
    table.add_column("test declarations", justify="right")
    table.add_column(f"labelled {label.lower()}", justify="right")
    for name, counts in hidden["schemes"].items():
        table.add_row(name, f"{counts['n_declarations']:,}", f"{counts['fraud_rate']:.1%}")
    if ceiling := hidden["ceiling"]:
        public, private = (_joined(ceiling[period].values()) for period in ("public", "private"))
        table.caption = f"Ceiling, {_ranking(metrics, ' / ')}: Public {public}, Private {private}"
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
