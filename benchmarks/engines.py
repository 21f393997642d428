"""CPU seconds of the kit's features beside Polars and DuckDB (goal: at most half of each).

Each engine reads the training declarations of an edition (Parquet), counts the declarations of ten
keys, makes the risk profiles of sixteen, and writes Declaration ID and 42 columns (Parquet). Counts
and profiles of a row leave out its own stretch of time. Every run has one thread and a process of
its own; imports are not counted. The runs alternate; the best of each counts. The files of all
engines are compared: counts must be equal, profiles almost.

    python benchmarks/engines.py [--rows 1000000 | --edition DIR] [--runs 3]
        [--results baselines/results/engines.json] [--write docs/SCALE.md]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from feature_engines import COUNTS, ENGINES, MEMORY_LIMIT, PROFILED, PROFILES, stretches_of
from kit_process import make_nation

from customs_baselines.experiments.markdown_tables import markdown_row, put_table
from customs_data.schema import KEY

GOAL, TOLERANCE = 2.0, 1e-9
PER_MIB = 1 << 20 if sys.platform == "darwin" else 1 << 10


def measure(name: str, source: Path, out: Path, starts: tuple[int, ...]) -> dict[str, float]:
    """Return the costs of one engine in this process."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    if name in ("Polars", "DuckDB"):
        import_module(name.lower())
    imports = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / PER_MIB
    wall, cpu = time.perf_counter(), time.process_time()
    ENGINES[name](source, out, starts)
    return {
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / PER_MIB,
        "imports_mib": imports,
    }


def largest_difference(first: Path, second: Path) -> float:
    """Return the largest difference of any profile.

    Raises
    ------
    SystemExit
        If declarations or counts differ, or a profile by more than `TOLERANCE`.
    """
    one, other = (
        pd.read_parquet(path).sort_values(KEY, ignore_index=True) for path in (first, second)
    )
    for name in (KEY, *COUNTS):
        if list(one.columns) != list(other.columns) or not one[name].equals(other[name]):
            raise SystemExit(f"{first.name} and {second.name} differ in {name!r}.")
    largest = float(np.abs(one[PROFILES].to_numpy() - other[PROFILES].to_numpy()).max())
    if not largest <= TOLERANCE:
        raise SystemExit(f"Profiles of {first.name} and {second.name} differ by {largest:.1e}.")
    return largest


def in_child(function: Callable[..., Any], *arguments: Any) -> Any:
    # Spawned, one at a time, because a fork would start with this process's memory.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def compare(source: Path, runs: int, folder: Path) -> dict[str, Any]:
    """Return the best costs of each engine, and how far their profiles are apart."""
    starts = in_child(stretches_of, source)
    outs = {name: folder / f"{name}.parquet" for name in ENGINES}
    costs: dict[str, list[dict[str, float]]] = {name: [] for name in ENGINES}
    for _ in range(runs):
        for name, out in outs.items():
            out.unlink(missing_ok=True)
            costs[name].append(in_child(measure, name, source, out, starts))
            print(f"{name}: {costs[name][-1]['cpu_seconds']:.1f} CPU s", file=sys.stderr)
    apart = [in_child(largest_difference, outs["kit"], out) for out in outs.values()]
    best = {
        name: {cost: min(run[cost] for run in measured) for cost in measured[0]}
        for name, measured in costs.items()
    }
    return {"engines": best, "largest_difference": max(apart), "runs": runs}


def table_of(results: dict[str, Any]) -> str:
    """Return the Markdown table of what has been measured."""
    header = ["training rows", "engine", "CPU s", "to the kit", "peak MiB", "of which imports"]
    lines = [markdown_row(header), markdown_row(["---:", ":---", *["---:"] * 4])]
    by_rows = sorted((int(rows), measured) for rows, measured in results["rows"].items())
    for rows, measured in by_rows:
        base = measured["engines"]["kit"]["cpu_seconds"]
        for name, cost in measured["engines"].items():
            cpu = cost["cpu_seconds"]
            cells = [f"{rows:,}", name, f"{cpu:.1f}", f"{cpu / base:.1f}"]
            cells += [f"{cost['peak_mib']:,.0f}", f"{cost['imports_mib']:,.0f}"]
            lines.append(markdown_row(cells))
    apart = max(measured["largest_difference"] for _, measured in by_rows)
    runs = min(measured["runs"] for _, measured in by_rows)
    versions = ", ".join(" ".join(pair) for pair in results["versions"].items())
    text = (
        f"{len(COUNTS)} counts and {len(PROFILED)} risk profiles, {len(COUNTS) + len(PROFILES)} "
        f"columns; Parquet in and out, one thread, best of {runs} runs in turn; {versions} with at "
        f"most {MEMORY_LIMIT}. Counts are equal, profiles within {apart:.0e}."
    )
    return "\n".join([*lines, "", text])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="declarations of the edition")
    parser.add_argument("--edition", type=Path, help="an existing edition in Parquet")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--results", type=Path, help="file that results are added to")
    parser.add_argument("--write", type=Path, help="document with the markers of the table")
    given = parser.parse_args()
    os.environ |= {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    results: dict[str, Any] = {"rows": {}}
    if given.results and given.results.exists():
        results = json.loads(given.results.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as scratch:
        edition = given.edition or Path(scratch) / "edition"
        if not given.edition:
            make_nation(edition, given.rows, "parquet")
        source = edition / "public/train.parquet"
        n_train = pq.ParquetFile(source).metadata.num_rows
        results["rows"][str(n_train)] = compare(source, given.runs, Path(scratch))
    results["versions"] = {"Polars": version("polars"), "DuckDB": version("duckdb")}
    if given.results:
        given.results.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(table_of(results))
    cost = results["rows"][str(n_train)]["engines"]
    for name in ("Polars", "DuckDB"):
        ratio = cost[name]["cpu_seconds"] / cost["kit"]["cpu_seconds"]
        print(f"{name} / kit: {ratio:.2f} (CPU); goal: {GOAL}")
    if given.write:
        put_table(given.write, "engines", table_of(results), check=False)


if __name__ == "__main__":
    main()
