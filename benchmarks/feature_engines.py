"""The same counts and risk profiles by the kit (whole and in parts), Polars and DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

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


def stretches_of(source: Path) -> tuple[int, ...]:
    """Return the first days of the stretches of time but the first."""
    X, y, _ = training(pq.read_table(source, columns=[KEY, "Date", "Fraud"]), ())
    division = divide(X, y, N_CELLS)
    if not isinstance(division, Stretches):
        raise SystemExit(f"{source} has most declarations on one day: give another edition.")
    return division.starts
