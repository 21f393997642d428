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
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
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
from kit_process import customs_kit

from customs_baselines.experiments.markdown_tables import markdown_row, put_table
from customs_baselines.features.cell_sums import Lookup
from customs_baselines.features.folds import LeftOut, Stretches, divide
from customs_baselines.features.kit_statistics import (
    COUNTED_KEYS,
    DECLARATIONS,
    EVIDENCE,
    FRAUDS,
    LABELLED,
    RISK,
    Key,
    KitStatistics,
)
from customs_baselines.features.risk import PROFILE_KEYS, SMOOTHING, names_of
from customs_baselines.features.row_blocks import ROWS_AT_A_TIME
from customs_data.columns.grouping import HS_LEVELS, Codes, Group, declared_columns
from customs_data.columns.mapped_frames import frame_of
from customs_data.parallel import spans
from customs_data.schema import KEY

GOAL, TOLERANCE = 2.0, 1e-9
N_CELLS = 6
PROFILED = PROFILE_KEYS[:16]
COUNTS = [f"count of {' x '.join(key)}" for key in COUNTED_KEYS]
PROFILES = names_of(PROFILED)
WANTED: dict[Key, tuple[str, ...]] = dict.fromkeys(COUNTED_KEYS, (DECLARATIONS,))
for profiled in PROFILED:
    WANTED[profiled] = (*WANTED.get(profiled, ()), LABELLED, FRAUDS)
COLUMNS = tuple(dict.fromkeys(name for key in WANTED for name in declared_columns(key)))
READ = [KEY, "Date", *COLUMNS, "Fraud"]
CELL, CODEC, MEMORY_LIMIT = "cell", "snappy", "3GB"
PER_MIB = 1 << 20 if sys.platform == "darwin" else 1 << 10


def with_kit(source: Path, out: Path, starts: tuple[int, ...]) -> None:
    """All declarations at once, as the kit's models do; text comes as codes of its values."""
    with pq.ParquetFile(source, read_dictionary=[*COLUMNS]) as file:
        X, y, cell = training(file.read(READ, use_threads=False), starts)
    statistics, _, groups = KitStatistics.read(X, y, cell, len(starts) + 1, True, WANTED)
    left_out = LeftOut.around(cell, len(starts) + 1)
    lookups = statistics.lookups(len(X), left_out)
    with writer_of(out) as writer:
        for start, stop in spans(len(X), size=ROWS_AT_A_TIME):
            rows = slice(start, stop)
            block = {key: group[rows] for key, group in groups.items()}
            ids = X[KEY].iloc[rows]
            writer.write_table(describe(ids, lookups, block, left_out.take(rows)))


def with_kit_in_parts(source: Path, out: Path, starts: tuple[int, ...]) -> None:
    """Statistics of parts, merged; the file is read twice and never held."""
    parts = [
        KitStatistics.of(X, y, cell, len(starts) + 1, True, WANTED)
        for X, y, cell in read_parts(source, starts)
    ]
    statistics = KitStatistics.merge(parts)
    n_rows = pq.ParquetFile(source).metadata.num_rows
    every_cell = np.arange(len(starts) + 1, dtype=np.int8)
    lookups = statistics.lookups(n_rows, LeftOut.around(every_cell, len(starts) + 1))
    with writer_of(out) as writer:
        for X, _, cell in read_parts(source, starts):
            coded = statistics.book.find(X)
            groups = {key: it.find(coded) for key, it in statistics.groupings.items()}
            left_out = LeftOut.around(cell, len(starts) + 1)
            writer.write_table(describe(X[KEY], lookups, groups, left_out))


def read_parts(source: Path, starts: tuple[int, ...]) -> Iterator[tuple[pd.DataFrame, Any, Any]]:
    # Dictionaries would end each batch at the end of a row group: three times as many parts.
    for batch in pq.ParquetFile(source).iter_batches(ROWS_AT_A_TIME, columns=READ):
        yield training(pa.Table.from_batches([batch]), starts)


def training(table: pa.Table, starts: tuple[int, ...]) -> tuple[pd.DataFrame, Any, Any]:
    """Return declarations, labels (-1: none) and stretches of time."""
    y = table["Fraud"].fill_null(-1).to_numpy().astype(np.int8)
    X = frame_of(table.drop_columns(["Fraud"]))
    return X, y, Stretches(starts).find(X)


def schema() -> pa.Schema:
    counts = [(name, pa.int64()) for name in COUNTS]
    return pa.schema([(KEY, pa.string()), *counts, *((name, pa.float64()) for name in PROFILES)])


def writer_of(out: Path) -> pq.ParquetWriter:
    """Return a writer of features; IDs, which never repeat, get no dictionary."""
    return pq.ParquetWriter(out, schema(), compression=CODEC, use_dictionary=[*COUNTS, *PROFILES])


def describe(
    ids: pd.Series,
    lookups: dict[Key, Lookup],
    groups: dict[Key, Group] | dict[Key, Codes],
    left_out: LeftOut,
) -> pa.Table:
    histories = {key: lookup.read(groups[key], left_out) for key, lookup in lookups.items()}
    columns = [histories[key][DECLARATIONS] for key in COUNTED_KEYS]
    columns += [histories[key][name] for key in PROFILED for name in (RISK, EVIDENCE)]
    return pa.table([pa.array(ids).cast(pa.string()), *columns], schema=schema())


def with_polars(source: Path, out: Path, starts: tuple[int, ...]) -> None:
    """Sums by key and stretch, joined to the rows in one lazy plan, streamed to the file."""
    import polars as pl

    days = [np.datetime64(day, "D").item() for day in starts]
    rows = pl.scan_parquet(source).select(
        KEY,
        *(pl.col(name).cast(pl.Categorical) for name in COLUMNS),
        *(
            pl.col("HS6 Code").str.slice(0, n).cast(pl.Categorical).alias(name)
            for name, n in HS_LEVELS.items()
        ),
        pl.sum_horizontal((pl.col("Date") >= day).cast(pl.Int8) for day in days).alias(CELL),
        pl.col("Fraud").is_not_null().cast(pl.Int64).alias(LABELLED),
        pl.col("Fraud").fill_null(0).cast(pl.Int64).alias(FRAUDS),
    )
    # Categories, made once, take a tenth to a fifth less CPU than text read for each key.
    rows = rows.collect().lazy()
    sums = {name: pl.col(name).sum() for name in (LABELLED, FRAUDS)}
    sums[DECLARATIONS] = pl.len().cast(pl.Int64)
    base = rows.select(sums[FRAUDS] / sums[LABELLED]).collect(engine="streaming").item()
    wide = rows.drop(LABELLED, FRAUDS)
    for place, (key, names) in enumerate(WANTED.items()):
        by_cell = rows.group_by(*key, CELL).agg(**{name: sums[name] for name in names})
        # A window over these few rows takes a third less CPU than joining their totals.
        others = by_cell.select(
            *key,
            CELL,
            *(
                (pl.col(name).sum().over(*key) - pl.col(name)).alias(f"{name} {place}")
                for name in names
            ),
        )
        wide = wide.join(others, on=[*key, CELL], how="left")
    places = {key: place for place, key in enumerate(WANTED)}
    columns = [
        pl.col(f"{DECLARATIONS} {places[key]}").fill_null(0).alias(name)
        for key, name in zip(COUNTED_KEYS, COUNTS, strict=True)
    ]
    for key, risk, evidence in zip(PROFILED, PROFILES[::2], PROFILES[1::2], strict=True):
        n, f = (pl.col(f"{name} {places[key]}").fill_null(0) for name in (LABELLED, FRAUDS))
        rate = (f + SMOOTHING * base) / (n + SMOOTHING)
        columns += [(rate / (1 - rate)).log().alias(risk), n.log1p().alias(evidence)]
    wide.select(KEY, *columns).sink_parquet(out, compression=CODEC, engine="streaming")


def with_duckdb(source: Path, out: Path, starts: tuple[int, ...]) -> None:
    """One statement on a table: sums by key and stretch, joined to the rows."""
    import duckdb

    def quoted(*names: str) -> str:
        return ", ".join(f'"{name}"' for name in names)

    levels = ", ".join(f'"HS6 Code"[1:{n}] AS {name}' for name, n in HS_LEVELS.items())
    cell = " + ".join(f"(Date >= DATE '{np.datetime64(day, 'D')}')::TINYINT" for day in starts)
    sums = {DECLARATIONS: "count(*)", LABELLED: "count(Fraud)", FRAUDS: "sum(Fraud)"}
    tables, joins, places = [], [], {}
    for place, (key, names) in enumerate(WANTED.items()):
        places[key] = f"sums_{place}"
        own = ", ".join(f"coalesce({sums[name]}, 0)::BIGINT AS {name}" for name in names)
        others = ", ".join(
            f"(sum({name}) OVER (PARTITION BY {quoted(*key)}) - {name})::BIGINT AS {name}"
            for name in names
        )
        tables.append(
            f"{places[key]} AS (SELECT {quoted(*key, CELL)}, {others} FROM "
            f"(SELECT {quoted(*key, CELL)}, {own} FROM declared GROUP BY ALL))"
        )
        on = " AND ".join(f'declared."{name}" = {places[key]}."{name}"' for name in (*key, CELL))
        joins.append(f"LEFT JOIN {places[key]} ON {on}")
    columns = [
        f'coalesce({places[key]}.{DECLARATIONS}, 0) AS "{name}"'
        for key, name in zip(COUNTED_KEYS, COUNTS, strict=True)
    ]
    for key, risk, evidence in zip(PROFILED, PROFILES[::2], PROFILES[1::2], strict=True):
        n, f = (f"coalesce({places[key]}.{name}, 0)" for name in (LABELLED, FRAUDS))
        rate = f"(({f} + {SMOOTHING} * base.rate) / ({n} + {SMOOTHING}))"
        columns += [f'ln({rate} / (1 - {rate})) AS "{risk}"', f'ln(1 + {n}) AS "{evidence}"']
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1; SET preserve_insertion_order = false")
        connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
        connection.execute(f"SET temp_directory = '{out.parent}'")
        # Reading the file once, instead of once for each key, takes a tenth less CPU.
        connection.execute(
            f"CREATE TEMP TABLE declared AS SELECT {quoted(KEY, *COLUMNS, 'Fraud')}, {levels}, "
            f"{cell} AS {CELL} FROM read_parquet('{source}')"
        )
        connection.execute(
            f"COPY (WITH base AS (SELECT sum(Fraud) / count(Fraud) AS rate FROM declared), "
            f"{', '.join(tables)} SELECT declared.{quoted(KEY)}, {', '.join(columns)} "
            f"FROM declared CROSS JOIN base {' '.join(joins)}) "
            f"TO '{out}' (FORMAT parquet, COMPRESSION {CODEC})"
        )


ENGINES: dict[str, Callable[[Path, Path, tuple[int, ...]], None]] = {
    "kit": with_kit,
    "kit, in parts": with_kit_in_parts,
    "Polars": with_polars,
    "DuckDB": with_duckdb,
}


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


def stretches_of(source: Path) -> tuple[int, ...]:
    """Return the first days of the stretches of time but the first."""
    X, y, _ = training(pq.read_table(source, columns=[KEY, "Date", "Fraud"]), ())
    division = divide(X, y, N_CELLS)
    if not isinstance(division, Stretches):
        raise SystemExit(f"{source} has most declarations on one day: give another edition.")
    return division.starts


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
            world = ["--config", "national", "--rows", str(given.rows), "--seed", "1"]
            generate = ["data", "generate", *world, "--format", "parquet", "--out", str(edition)]
            subprocess.run(customs_kit(*generate), check=True, stdout=subprocess.DEVNULL)
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
