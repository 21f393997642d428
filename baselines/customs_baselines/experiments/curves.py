"""Precision against the label rate, as a picture."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import Any

from customs_baselines.catalogue import marks_of
from customs_baselines.experiments.result_rows import Group, Results
from customs_baselines.experiments.statistics import Summary, summarize
from customs_data.errors import KitError
from customs_data.reports.pictures import new_figure, save_figure
from customs_scorer.metrics import Metric


def draw_curves(results: Results, path: Path) -> None:
    """Draw one curve of the first metric per model and recipe: mean and 95 % band over runs.

    Models with results at one label rate only (such as those that read no label of the edition)
    are horizontal lines, as are the means of ceiling, prior and copying labels.

    Parameters
    ----------
    results : Results
        Results at two or more label rates with one erasure.
    path : path
        ``.png`` or ``.svg``.

    Raises
    ------
    KitError
        If there is nothing to draw, or the file cannot be written.
    """
    metric = results.metrics.ranked[0]
    curves = _curves(results, metric)
    if not any(len(points) > 1 for points in curves.values()):
        raise KitError("No model has results at two label rates, which a curve needs.")
    # Tall enough for the legend beside it.
    figure, axes = new_figure(width=9.0, height=max(5.0, 0.25 * (len(curves) + 3)))
    for number, (name, points) in enumerate(curves.items()):
        color, mark = f"C{number % 10}", "os^Dv<>Ph*"[number // 10 % 10]
        if len(points) == 1:
            level = next(iter(points.values())).mean
            axes.axhline(level, color=color, linestyle=":", label=name)
            continue
        rates = sorted(points)
        axes.plot(rates, [points[r].mean for r in rates], color=color, marker=mark, label=name)
        intervals = [(rate, points[rate].telling_interval) for rate in rates]
        bands = [(rate, *interval) for rate, interval in intervals if interval is not None]
        if bands:
            x, low, high = zip(*bands, strict=True)
            axes.fill_between(x, low, high, color=color, alpha=0.12, linewidth=0)
    for label, key in (
        ("ceiling", "ceiling"),
        ("prior", "prior"),
        ("copying labels", "lookup"),
    ):
        known = [e[key]["private"][metric.name] for e in results.linked_editions() if e.get(key)]
        if known:
            style = {"ceiling": "--", "prior": ":", "lookup": "-."}[key]
            axes.axhline(mean(known), color="0.35", linestyle=style, linewidth=1, label=label)
    if axes.collections:
        axes.fill_between([], [], color="0.35", alpha=0.12, linewidth=0, label="95 % interval")
    axes.set_xscale("log")
    rates = sorted({rate for points in curves.values() for rate in points})
    axes.set_xticks(rates, [f"{100 * rate:g} %" for rate in rates], minor=False)
    axes.minorticks_off()
    axes.set_xlabel("share of training declarations with a label")
    axes.set_ylabel(f"{metric.title} on Private")
    axes.set_ylim(0, 1 if axes.get_ylim()[1] <= 1 else None)
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize="small")
    save_figure(figure, path)


def _curves(results: Results, metric: Metric) -> dict[str, dict[float, Summary]]:
    """Summaries by model and label rate, with the erasure that was run at the most rates."""
    rates: dict[str, set[float]] = defaultdict(set)
    groups = {group: runs for group, runs in results.groups().items() if group.with_links}
    for group in groups:
        rates[group.erasure].add(group.label_rate)
    partial = {erasure: by for erasure, by in rates.items() if erasure != "none"}
    erasure = max(partial, key=lambda name: len(partial[name]), default="none")
    curves: dict[str, dict[float, Summary]] = defaultdict(dict)
    for group, runs in groups.items():
        summary = summarize(runs, metric.name, metric.interval_name)
        if group.erasure in ("none", erasure) and summary is not None:
            curves[_name(group, runs, results.task)][group.label_rate] = summary
    return dict(curves)


def _name(group: Group, runs: list[dict[str, Any]], task: str) -> str:
    name = group.baseline if group.recipe is None else f"{group.baseline}, {group.recipe}"
    return name + marks_of(group.baseline, any(run["transductive"] for run in runs), task)
