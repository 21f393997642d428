"""Results as plain data for JSON, with the same numbers as the tables."""

from __future__ import annotations

from dataclasses import asdict
from statistics import mean
from typing import Any

from customs_baselines.experiments.result_rows import Results
from customs_baselines.experiments.statistics import CALIBRATION, summarize


def summaries(results: Results) -> list[dict[str, Any]]:
    """Return one dict per group: its setting, the summary of each metric by period, and costs.

    ``private`` also has the calibration error; None for results made before it was computed.
    A failed run has an entry of its own, with ``error`` instead of scores.
    """
    ranked = results.metrics.ranked
    metrics = {metric.name: metric.interval_name for metric in ranked}
    metrics[f"unseen_{ranked[0].name}"] = ""
    entries = []
    for group, runs in results.groups().items():
        entry: dict[str, Any] = asdict(group)
        entry["transductive"] = any(run["transductive"] for run in runs)
        for period in ("public", "private"):
            entry[period] = {}
            for metric, interval in metrics.items():
                summary = summarize(runs, metric, interval, period=period)
                entry[period][metric] = None if summary is None else asdict(summary)
        summary = summarize(runs, CALIBRATION)
        entry["private"][CALIBRATION] = None if summary is None else asdict(summary)
        for cost in ("seconds", "cpu_seconds", "peak_memory_mib"):
            entry[cost] = mean(run[cost] for run in runs)
        entries.append(entry)
    entries += [asdict(results.group_of(run)) | {"error": run["error"]} for run in results.failed]
    return entries
