"""Cost and score of `baseline run xgboost` on a cluster of processes, beside one process.

Makes an edition in parts, runs the command with --cluster local:N and alone, and prints for each
precision@5 %, CPU seconds and peak memory of the command and all that it starts (the sum of PSS,
in which pages that processes share count once), then the ratios.

    python benchmarks/cluster.py [--rows 1000000] [--workers 2] [--edition DIR] [--skip-alone]
        [--results baselines/results/cluster.json] [--write docs/SCALE.md]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from kit_process import customs_kit, make_nation, measure_group

from customs_baselines.experiments.markdown_tables import markdown_row, put_table

PERIODS = ("public", "private")
HEADER = (
    ("declarations", "workers", "@5 % Public", "@5 % Private", "CPU s", "to alone", "peak MiB"),
    ("---:", ":---", "---:", "---:", "---:", "---:", "---:"),
)


def run(name: str, edition: Path, out: Path, *options: str) -> dict[str, float]:
    """Return scores and costs of the command."""
    arguments = ["baseline", "run", "xgboost", "--edition", str(edition), "--out", str(out)]
    cost = measure_group(customs_kit(*arguments, *options, "--json"))
    (record,) = json.loads(cost.output)
    measured = {period: record[period]["precision_at_5"] for period in PERIODS}
    print(
        f"{name}: precision@5 % {measured['public']:.4f} / {measured['private']:.4f}, "
        f"{cost.cpu_seconds:,.0f} CPU s, {cost.seconds:,.0f} s, peak {cost.peak_mib:,} MiB "
        f"(model {record['cpu_seconds']:,.0f} CPU s, {record['seconds']:,.0f} s)",
        flush=True,
    )
    return measured | {"cpu_seconds": cost.cpu_seconds, "peak_mib": cost.peak_mib}


def compare(edition: Path, workers: int, folder: Path, *, skip_alone: bool) -> dict[str, Any]:
    cluster = f"local:{workers}"
    measured = {cluster: run(cluster, edition, folder / "cluster", "--cluster", cluster)}
    if not skip_alone:
        together = measured[cluster]
        alone = measured["alone"] = run("alone", edition, folder / "alone")
        public, private = (together[period] - alone[period] for period in PERIODS)
        print(f"{cluster} less alone: precision@5 % {public:+.4f} / {private:+.4f}")
        cpu, peak = (together[name] / alone[name] for name in ("cpu_seconds", "peak_mib"))
        print(f"{cluster} to alone: CPU {cpu:.2f}, peak memory {peak:.2f}")
    return measured


def table_of(results: dict[str, dict[str, Any]]) -> str:
    lines = [markdown_row(list(row)) for row in HEADER]
    for rows, measured in sorted(results.items(), key=lambda it: int(it[0])):
        alone = measured.get("alone")
        for name, one in sorted(measured.items()):
            ratio = f"{one['cpu_seconds'] / alone['cpu_seconds']:.2f}" if alone else "-"
            lines.append(
                markdown_row(
                    [
                        f"{int(rows):,}",
                        name,
                        *(f"{one[period]:.4f}" for period in PERIODS),
                        f"{one['cpu_seconds']:,.0f}",
                        ratio,
                        f"{one['peak_mib']:,.0f}",
                    ]
                )
            )
    return "\n".join(
        [
            *lines,
            "",
            "`baseline run xgboost`, scoring included. *alone*: one process trains and another "
            "one scores; local:2: two workers of one thread. Peak: sum of PSS of all processes.",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--edition", type=Path, help="an existing edition in parts")
    parser.add_argument("--skip-alone", action="store_true", help="run on the cluster only")
    parser.add_argument("--results", type=Path, help="file that results are added to")
    parser.add_argument("--write", type=Path, help="document with the markers of the table")
    given = parser.parse_args()
    results: dict[str, dict[str, Any]] = {}
    if given.results and given.results.exists():
        results = json.loads(given.results.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as scratch:
        edition = given.edition or Path(scratch) / "edition"
        if not given.edition:
            make_nation(edition, given.rows, "parts")
        manifest = json.loads((edition / "public/edition.json").read_text(encoding="utf-8"))
        rows = str(sum(manifest["rows"].values()))
        measured = compare(edition, given.workers, Path(scratch), skip_alone=given.skip_alone)
        results[rows] = results.get(rows, {}) | measured
    if given.results:
        given.results.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(table_of(results))
    if given.write:
        put_table(given.write, "cluster", table_of(results), check=False)


if __name__ == "__main__":
    main()
