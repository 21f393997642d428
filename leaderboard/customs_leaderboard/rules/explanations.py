"""Ranking, metric and submission of a task in words, for rules and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

import pandas as pd

from customs_data.tasks import Choices, Groups, Task
from customs_leaderboard.rules.competition import Competition
from customs_scorer.metrics import InspectionMetric, Metric
from customs_scorer.metrics.inspection import n_inspected


def name_ranking(metrics: Sequence[Metric]) -> str:
    """Return what teams are ranked by.

    Examples
    --------
    >>> from customs_scorer.metrics import metrics_of
    >>> name_ranking(metrics_of("fraud").ranked)
    'precision@5 %, then precision@10 %, then the earlier submission'
    """
    return ", then ".join([*(metric.title for metric in metrics), "the earlier submission"])


def explain_metric(task: Task, metric: Metric, n_units: Mapping[str, int]) -> str:
    """Return what a metric is; `n_units` are the rows of the manifest by period."""
    definition = f" {metric.title} is {metric.definition}." if metric.definition else ""
    if not isinstance(metric, InspectionMetric):
        return definition.strip() or f"The metric is {metric.title}."
    opened = {period: n_inspected(n, metric.rate) for period, n in n_units.items()}
    return (
        f"{metric.rate * 100:g} % of the {task.unit.name}s of a period (rounded up) are opened, "
        f"those with the highest {task.answer.columns[0]}: {opened['public']:,} of "
        f"{n_units['public']:,} in the public period, {opened['private']:,} of "
        f"{n_units['private']:,} in the private one.{definition} Ties at the cut count as the "
        "expected value under random tie-breaking."
    )


def explain_uncertainty(task: Task, metric: Metric, n_public: int) -> str:
    """Return how far luck changes a public score; empty if no bound is known without the labels."""
    if not isinstance(metric, InspectionMetric) or metric.per != "opened":
        return ""
    no_units = pd.DataFrame({name: [] for name in task.target_names})
    if metric.amounts(no_units).dtype != bool:
        return ""
    k = n_inspected(n_public, metric.rate)
    # The largest standard error of a share, that of 1/2: it says nothing about the labels.
    return f"A share of {k:,} {task.unit.name}s has a standard error of up to {sqrt(0.25 / k):.3f}."


def explain_quotas(rules: Competition) -> str:
    """Return how many files a team may send, over the whole competition.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from datetime import UTC, datetime, timedelta
    >>> from pathlib import Path
    >>> from customs_leaderboard.rules.schedule import PhaseRules
    >>> opens = datetime(2030, 1, 1, tzinfo=UTC)
    >>> rules = Competition("T", Path(), opens, opens + timedelta(hours=3), 0.01, hourly_limit=3)
    >>> explain_quotas(rules)
    '5 per team and day (UTC), 3 per hour'
    >>> later = opens + timedelta(hours=1)
    >>> phases = (PhaseRules("Warm-up", opens, 20), PhaseRules("Main", later, 3))
    >>> explain_quotas(replace(rules, phases=phases))
    '20 per team and day (UTC) in phase Warm-up, 3 in phase Main, 3 per hour'
    """
    own = [phase for phase in rules.phases if phase.daily_limit]
    daily = [f"{phase.daily_limit:,} in phase {phase.name}" for phase in own]
    if own and len(own) == len(rules.phases) and own[0].begins <= rules.opens:
        # The limit of the competition applies at no time.
        daily[0] = daily[0].replace(" in", " per team and day (UTC) in", 1)
    else:
        daily.insert(0, f"{rules.daily_limit:,} per team and day (UTC)")
    text = ", ".join(daily)
    text += f", {rules.hourly_limit:,} per hour" if rules.hourly_limit else ""
    return text + (f", {rules.total_limit:,} in all" if rules.total_limit else "")


def explain_answer(task: Task) -> str:
    """Return what the cells of a submission mean."""
    answer, unit = task.answer, task.unit.name
    if isinstance(answer, Choices):
        return (
            f"Each cell has up to {answer.most} codes ({answer.pattern_in_words}), the best first, "
            "with blanks between them. An empty cell is wrong."
        )
    if isinstance(answer, Groups):
        return (
            f"{unit.capitalize()}s with the same {answer.column} belong together. Any names will "
            f"do; a lone {unit} has a name of its own."
        )
    columns = ", ".join(answer.columns)
    if len(answer.columns) > 1:
        return f"A higher score means that what its column names is more likely: {columns}."
    return f"A higher {columns} means that {task.label} is more likely."
