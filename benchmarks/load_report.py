"""Results of leaderboard_load.py and leaderboard_attack.py by database, as JSON and as tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from customs_baselines.experiments.markdown_tables import markdown_row

Results = dict[str, dict[str, Any]]

_COLUMNS = {
    "scored per second": "per_second_generator_excluded",
    "by CPU": "per_second_by_cpu",
    "by the clock": "per_second_wall_clock",
    "answer p50, ms": "latency_p50_ms",
    "p99, ms": "latency_p99_ms",
    "page p99, ms": "page_p99_ms",
    "server's CPU, s": "server_cpu_s",
    "database's": "database_cpu_s",
    "generator's": "generator_cpu_s",
    "peak memory, MiB": "server_peak_mib",
}


_ATTACK_COLUMNS = {
    "answer p50, ms": "answer_p50_ms",
    "p99, ms": "answer_p99_ms",
    "page p99, ms": "page_p99_ms",
    "health p99, ms": "health_p99_ms",
    "peak memory, MiB": "server_peak_mib",
}


def save(row: dict[str, Any], path: Path) -> Results:
    """Add the row of one database to the results file; return all rows."""
    results: Results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    results[row["database"]] = row
    path.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return results


def table_of(results: Results) -> str:
    """Return a Markdown table with one row per database."""
    lines = [
        markdown_row(["database", "teams", "submissions", "stored before", *_COLUMNS]),
        markdown_row(["---"] + ["---:"] * (3 + len(_COLUMNS))),
    ]
    for database, row in sorted(results.items(), reverse=True):
        cells = [f"{row[name]:,}" for name in ("teams", "submissions", "stored_before")]
        lines.append(markdown_row([database, *cells, *(f"{row[c]:,}" for c in _COLUMNS.values())]))
    return "\n".join(lines)


def attack_table_of(results: Results) -> str:
    """Return a Markdown table with two rows per database: undisturbed, and under attack."""
    head = ["database", "load", "in time", "of them stamped late", "refused", *_ATTACK_COLUMNS]
    lines = [
        markdown_row([*head, "ratio of p99"]),
        markdown_row(["---", "---"] + ["---:"] * (len(head) - 1)),
    ]
    for database, row in sorted(results.items(), reverse=True):
        for load in ("undisturbed", "attacked"):
            run = row[load]
            cells = [f"{run[name]:,}" for name in ("in_time", "late", "refused")]
            cells += [f"{run[column]:,}" for column in _ATTACK_COLUMNS.values()]
            ratio = f"{row['ratio_p99']:g}" if load == "attacked" else ""
            lines.append(markdown_row([database, load, *cells, ratio]))
    return "\n".join(lines)
