"""Tables of runs and submissions for a terminal: scores, intervals and yardsticks."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any, Final

from rich.console import RenderableType

from customs_baselines.catalogue import marks_of
from customs_kit.terminal.fitting import Column, fit_table

if TYPE_CHECKING:
    from customs_baselines.running.history import KeptRun
    from customs_baselines.running.records import RunRecord
    from customs_scorer.metrics import Metric, TaskMetrics, Words
    from customs_scorer.ranking import Standing
    from customs_scorer.yardsticks import Reference

Scores = Mapping[str, Any]

# Names of runs up to this length are not broken: they are copied into other commands.
_RUN_NAME: Final = 44
#: Scores that a yardstick does not have.
_NOTHING: Final[Scores] = {}
_INTERVAL_LEGEND: Final = "In brackets: the 95 % interval (bootstrap)."


def number(value: float | None) -> str:
    """Return a score with three decimals, or a dash."""
    return "-" if value is None or isnan(value) else f"{value:.3f}"


@dataclass(frozen=True)
class _Period:
    """Scores of one period, in the order of the rows."""

    title: str
    metrics: Sequence[Metric]
    scores: Sequence[Scores]

    @property
    def interval(self) -> str:
        """Name of the part that leaves the interval out."""
        return f"interval of {self.title}"

    @property
    def others(self) -> str:
        """Name of the part that leaves the metrics after the first out."""
        return f"others of {self.title}"

    def columns(self, without: Collection[str]) -> list[Column]:
        """Return one column per metric; the first one has the interval in brackets."""
        if self.title in without or not self.metrics:
            return []
        first, *others = self.metrics
        cells, legend = self._numbers(first), ""
        intervals = [score.get(first.interval_name) for score in self.scores]
        if self.interval not in without and any(intervals):
            legend = _INTERVAL_LEGEND
            shown = [f" ({it[0]:.3f} .. {it[1]:.3f})" if it else "" for it in intervals]
            cells = [cell + text for cell, text in zip(cells, shown, strict=True)]
        columns = [Column(f"{self.title}\n{first.title}", cells, legend, left=True)]
        return columns + [
            Column(f"\n{metric.short or metric.title}", self._numbers(metric))
            for metric in others
            if self.others not in without
        ]

    def _numbers(self, metric: Metric) -> list[str]:
        """Return the values of a metric; a dash where a model has none, nothing where none can."""
        return ["" if it is _NOTHING else number(it.get(metric.name)) for it in self.scores]


def _order(periods: Sequence[_Period], *first: str) -> list[str]:
    """Return what a narrow table leaves out: `first`, then parts of periods, the last one last."""
    *earlier, last = periods
    return [
        *first,
        *(period.interval for period in earlier),
        *(period.others for period in [*earlier, last]),
        *(period.title for period in earlier),
        last.interval,
    ]


def _validated_metrics(metrics: TaskMetrics, validations: Sequence[Scores]) -> list[Metric]:
    """Return the metrics that validations have; hidden target columns may be missing."""
    for some in (metrics.ranked, metrics.reported):
        if able := [metric for metric in some if any(metric.name in it for it in validations)]:
            return able
    return []


def _chances(metrics: Sequence[Metric], scores: Sequence[Scores]) -> dict[str, Any]:
    """Return the base rate by metric, of the first row that has it."""
    names = {metric.name: f"chance_{metric.name}" for metric in metrics}
    rows = (score for score in scores if score.get(next(iter(names.values()), "")) is not None)
    row = next(rows, {})
    return {name: row.get(chance) for name, chance in names.items()}


def meaning_of_ceiling(ceiling: object, prior: object) -> dict[str, str]:
    """Return what ``ceiling`` and ``prior`` mean, as far as their scores are known."""
    if not ceiling:
        return {}
    if not prior:
        before = (
            "the true probabilities before the declaration is written, all that this edition has"
        )
        return {"ceiling": before}
    return {
        "ceiling": "the true probabilities given the declaration",
        "prior": "the true probabilities before it is written",
    }


class _Yardsticks:
    """Rows below the scores: chance, copied labels, ceiling and prior."""

    def __init__(self, reference: Reference | None, words: Words) -> None:
        self._words = words
        self._rows: dict[str, tuple[str, dict[str, dict[str, float]]]] = {}
        if reference is None:
            return
        share = f"{reference.twin_share:.1%}"
        if reference.lookup is not None:
            copied = f"{words.copied_meaning} ({share} have)"
            self._rows[words.copied] = (copied, reference.lookup)
        scores = {"ceiling": reference.ceiling, "prior": reference.prior}
        for name, meaning in meaning_of_ceiling(reference.ceiling, reference.prior).items():
            self._rows[name] = (meaning, scores[name] or {})

    @property
    def names(self) -> list[str]:
        return [self._words.chance, *self._rows]

    @property
    def legend(self) -> str:
        meanings = {self._words.chance: self._words.chance_meaning} | {
            k: text for k, (text, _) in self._rows.items()
        }
        return " ".join(f"{name}: {meaning}." for name, meaning in meanings.items())

    def period(
        self, title: str, key: str, metrics: Sequence[Metric], scores: list[Scores]
    ) -> _Period:
        """Return a period of scores, followed by the yardsticks' own."""
        below = [by_period.get(key, _NOTHING) for _, by_period in self._rows.values()]
        return _Period(title, metrics, [*scores, _chances(metrics, scores), *below])


def runs_table(
    records: Sequence[RunRecord],
    title: str,
    metrics: TaskMetrics,
    reference: Reference,
    width: int,
) -> list[RenderableType]:
    """Return the runs in the order of the plan, with yardsticks, and the legends."""
    scored = any(record.scores["private"] for record in records)
    yardsticks = _Yardsticks(reference if scored else None, metrics.words)
    validations: list[Scores] = [record.validation or {} for record in records]
    periods = []
    if able := _validated_metrics(metrics, validations):
        periods.append(yardsticks.period("Validation", "", able, validations))
    if scored:
        for key, name in (("public", "Public"), ("private", "Private")):
            scores: list[Scores] = [record.scores[key] or {} for record in records]
            periods.append(yardsticks.period(name, key, metrics.ranked, scores))
    n_last = len(yardsticks.names) if periods else 0
    first, empty = metrics.ranked[0], [""] * n_last
    names = _names(records)
    recipes = [record.run.recipe or "-" for record in records]
    rates = [f"{record.repeat['label_rate']:g}" for record in records]
    seeds = [str(record.run.seed) for record in records]
    essential = len(set(zip(names, recipes, strict=True))) > len(set(names))
    unseen = f"unseen_{first.name}"

    def columns(without: Collection[str]) -> list[Column]:
        legend = yardsticks.legend if n_last else ""
        rows = [*names, *yardsticks.names[:n_last]]
        chosen = [Column("model", rows, legend, wraps=True)]
        if essential or "recipe" not in without:
            chosen.append(Column("recipe", recipes + empty, left=True))
        for name, cells in (("labels", rates), ("seed", seeds)):
            if len(set(cells)) > 1:
                chosen.append(Column(name, cells + empty))
        for period in periods:
            chosen += period.columns(without)
        if scored and "unseen" not in without:
            cells = [number((record.scores["private"] or {}).get(unseen)) for record in records]
            chosen.append(_unseen_column(cells + empty, first, reference, metrics.words))
        for name, cells in _costs(records).items():
            if name not in without:
                chosen.append(Column(name, cells + empty))
        return chosen

    order = _order(periods, "MiB", "CPU s", "unseen", "seconds", "recipe") if periods else []
    return fit_table(title, columns, order or ["MiB", "CPU s", "seconds"], width, n_last=n_last)


def _unseen_column(cells: list[str], metric: Metric, reference: Reference, words: Words) -> Column:
    share = f"{reference.unseen.mean():.1%}"
    legend = f"unseen: Private {metric.title} on the {share} {words.unseen_meaning}."
    return Column(f"unseen\n{metric.short or metric.title}", cells, legend)


def _names(records: Sequence[RunRecord]) -> list[str]:
    """Return the shortest names that tell models apart: class, FILE.py:CLASS, or the whole path."""
    runs = {record.run.model: record.run for record in records}.values()
    titles, names = Counter(run.title for run in runs), Counter(run.name for run in runs)
    return [
        (
            run.title
            if titles[run.title] == 1
            else run.name
            if names[run.name] == 1
            else os.path.relpath(run.model)
        )
        + marks_of(run.name, record.result.transductive, record.task.name)
        for record in records
        for run in [record.run]
    ]


def _costs(records: Sequence[RunRecord]) -> dict[str, list[str]]:
    results = [record.result for record in records]
    return {
        "seconds": ["failed" if it.error else f"{it.seconds:.1f}" for it in results],
        "CPU s": ["-" if it.error else f"{it.cpu_seconds:.1f}" for it in results],
        "MiB": ["-" if it.error else f"{it.peak_memory_mib:,.0f}" for it in results],
    }


def standings_table(
    standings: Sequence[Standing], reference: Reference, width: int
) -> list[RenderableType]:
    """Return submissions, best first, with yardsticks, and the legends."""
    metrics = standings[0].scorecard.metrics
    first = metrics.ranked[0]
    yardsticks = _Yardsticks(reference, metrics.words)
    public: list[Scores] = [standing.scorecard.public for standing in standings]
    private: list[Scores] = [standing.scorecard.private for standing in standings]
    periods = [
        yardsticks.period("Public", "public", metrics.ranked, public),
        yardsticks.period("Private", "private", metrics.ranked, private),
    ]
    empty = [""] * len(yardsticks.names)
    files = [standing.file for standing in standings]
    unseen = [number(score[f"unseen_{first.name}"]) for score in private]

    def columns(without: Collection[str]) -> list[Column]:
        ranks = [str(rank) for rank in range(1, len(files) + 1)]
        chosen = [
            Column("rank", ranks + empty),
            Column("file", files + yardsticks.names, yardsticks.legend, wraps=True),
        ]
        for period in periods:
            chosen += period.columns(without)
        if "unseen" not in without:
            chosen.append(_unseen_column(unseen + empty, first, reference, metrics.words))
        return chosen

    others = (metric.short or metric.title for metric in metrics.ranked[1:])
    title = f"Standings: private {', then '.join([first.title, *others])}"
    order = _order(periods, "unseen")
    return fit_table(title, columns, order, width, n_last=len(empty))


def kept_runs_table(runs: Sequence[KeptRun], width: int) -> list[RenderableType]:
    """Return kept runs in their order, by the name that other commands take, and the legends."""
    from customs_scorer.metrics import metrics_of

    metrics = metrics_of(runs[0].task)
    records = [run.record if run.task == runs[0].task else {} for run in runs]
    periods = []
    for key, title in (("validation", "Validation"), ("public", "Public"), ("private", "Private")):
        scores: list[Scores] = [record.get(key) or {} for record in records]
        if able := _validated_metrics(metrics, scores):
            periods.append(_Period(title, able, scores))
    names = Counter(run.name for run in runs)
    editions = [str(run.record["repeat"].get("edition")) for run in runs]
    titles = [run.name if names[run.name] == 1 else run.place for run in runs]

    def columns(without: Collection[str]) -> list[Column]:
        chosen = []
        if "started" not in without:
            times = [f"{run.started.astimezone():%Y-%m-%d %H:%M}" for run in runs]
            chosen.append(Column("started", times))
        chosen.append(Column("run", titles, wraps=True, least=_RUN_NAME))
        if "edition" not in without:
            chosen.append(Column("edition", editions, left=True))
        if "labels" not in without:
            chosen.append(Column("labels", [_rate(run.record.get("label_rate")) for run in runs]))
        if any(run.record.get("error") for run in runs):
            failed = ["failed" if run.record.get("error") else "" for run in runs]
            chosen.append(Column("", failed))
        for period in periods:
            chosen += period.columns(without)
        return chosen

    # A run has the scores of Private or those of a validation; those of Public can be left out.
    order = ["edition", "labels", *(period.interval for period in periods[:-1])]
    order += [*(period.others for period in periods), "Public"]
    order += [*(period.interval for period in periods[-1:]), "started"]
    return fit_table("Kept runs", columns, order, width)


def _rate(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else "-"
