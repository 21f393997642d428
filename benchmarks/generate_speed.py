"""Cost of generating an edition by its rows (goals: 54,000 in 1 CPU s, 24.7 million in 5 min).

Each edition, with all its files and checksums, is made in a process of its own, so that its peak
memory can be measured; imports are not counted. Prints a table of rows, seconds, CPU seconds and
peak memory, and whether the number of workers changes a byte.

    python benchmarks/generate_speed.py [--rows 54000,1000000] [--format parquet] [--workers 2]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CPU_GOAL, NATIONAL_GOAL = 1.0, 300
SMALL, NATIONAL = 54_000, 24_700_000


def make(rows: int, file_format: str, workers: int) -> dict[str, object]:
    from customs_data.edition.generating import generate_edition, read_blueprint
    from customs_data.keyed_random import secret_of_seed
    from customs_data.parallel import threads

    wall, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder, threads(workers) as executor:
        manifest = generate_edition(
            read_blueprint(config="national", n_declarations=rows),
            secret_of_seed(0),
            Path(folder) / "edition",
            origin="published-seed",
            seed=0,
            file_format="csv" if file_format == "csv" else "parquet",
            executor=executor,
        )
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "seconds": wall,
        "cpu": cpu,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "sums": [record.sha256 for record in manifest.files.values()] + [manifest.commitment],
    }


def in_child(rows: int, file_format: str, workers: int) -> dict[str, object]:
    arguments = [sys.executable, __file__, "--child", str(rows), file_format, str(workers)]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default="54000,216000,1000000")
    parser.add_argument("--format", default="parquet", choices=("csv", "parquet"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        rows, file_format, workers = given.child
        print(json.dumps(make(int(rows), file_format, int(workers))))
        return
    print(f"{'rows':>10} {'seconds':>8} {'CPU s':>8} {'peak MiB':>9}   growth")
    base: dict[str, object] | None = None
    for rows in (int(text) for text in given.rows.split(",")):
        costs = in_child(rows, given.format, given.workers)
        base = base or {**costs, "rows": rows}
        times = {name: float(costs[name]) / float(base[name]) for name in ("cpu", "peak")}  # type: ignore[arg-type]
        goal = {SMALL: ("cpu", CPU_GOAL), NATIONAL: ("seconds", NATIONAL_GOAL)}.get(rows)
        beside = "" if goal is None else f"; {float(costs[goal[0]]) / goal[1]:.2f} x the goal"  # type: ignore[arg-type]
        print(
            f"{rows:>10,} {costs['seconds']:>8.1f} {costs['cpu']:>8.1f} {costs['peak']:>9,.0f}   "
            f"{rows / int(base['rows']):.0f} x rows, {times['cpu']:.0f} x CPU, "  # type: ignore[call-overload]
            f"{times['peak']:.1f} x memory{beside}",
            flush=True,
        )
    sums = [in_child(SMALL, given.format, workers)["sums"] for workers in (1, 2, 7)]
    same = "the same" if all(digests == sums[0] for digests in sums) else "DIFFERENT"
    print(f"SHA-256 of all files for 1, 2 and 7 workers: {same}")


if __name__ == "__main__":
    main()
