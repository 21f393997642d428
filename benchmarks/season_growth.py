"""Cost of a season by its rows (goals: 3 CPU s for 54,000; 240 for ten worlds x 8 strategies).

Parts: `growth`, one season of exploit, 52 weeks, for each number of rows, in a process of its own;
`ratio`, against the kit's xgboost fitted every week on all that is known; `many`, ten worlds x
eight strategies. Results are added to a file, from which the table is written.

    python benchmarks/season_growth.py [--parts growth,ratio,many] [--rows 54000,216000,1000000]
        [--results baselines/results/season_growth.json] [--write docs/SEASON.md]
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
from typing import Any

from customs_baselines.experiments.markdown_tables import markdown_row, put_table
from customs_baselines.features.as_of import describe_as_of
from customs_baselines.season.playing import SeasonSettings, play_season
from customs_baselines.season.worlds import SeasonWorld

CPU_GOAL, MANY_GOAL = 3.0, 240.0
SMALL, SEED, N_WORLDS = 54_000, 31_000, 10
STRATEGIES = ("random", "profile", "exploit", "duty")
EXPLORERS = ("random", "uncertain", "coverage", "stale")
PER_MIB = 1 << 20 if sys.platform == "darwin" else 1 << 10


def measure(rows: int, strategy: str) -> dict[str, float]:
    """CPU seconds of world, features and season, and peak memory of both processes."""
    clock = [time.process_time()]
    arrivals = SeasonWorld(seed=SEED, n_declarations=rows).load()
    clock.append(time.process_time())
    as_of = describe_as_of(arrivals.declarations, arrivals.week)
    clock.append(time.process_time())
    settings = SeasonSettings(offered={"n_jobs": 1}, week_timeout=600.0)
    with tempfile.TemporaryDirectory() as folder:
        played = play_season(arrivals, as_of, strategy, settings, Path(folder) / "log.txt")
    clock.append(time.process_time())
    if played.error:
        raise SystemExit(f"{strategy} failed: {played.error}")
    own, child = (
        resource.getrusage(who).ru_maxrss / PER_MIB
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {
        "world": clock[1] - clock[0],
        "as_of": clock[2] - clock[1],
        "strategy": played.cpu_seconds,
        "office": clock[3] - clock[2],
        "peak_mib": own + child,
        "precision": played.scores["precision"],
    }


def in_child(rows: int, strategy: str) -> dict[str, float]:
    arguments = [sys.executable, __file__, "--child", str(rows), strategy]
    done = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def play_many() -> dict[str, float]:
    """CPU seconds of ten worlds x eight strategies, the making of the worlds apart."""
    seasons = [(name, "random") for name in STRATEGIES] + [("hybrid", it) for it in EXPLORERS]
    strategies = own = 0.0
    imports = -_children()
    for i in range(N_WORLDS):
        arrivals = SeasonWorld(seed=SEED + i, n_declarations=SMALL).load()
        start = time.process_time()
        as_of = describe_as_of(arrivals.declarations, arrivals.week)
        for name, explore in seasons:
            offered = {"n_jobs": 1, "explore": explore}
            settings = SeasonSettings(offered=offered, week_timeout=600.0)
            with tempfile.TemporaryDirectory() as folder:
                played = play_season(arrivals, as_of, name, settings, Path(folder) / "log.txt")
            if played.error:
                raise SystemExit(f"{name} failed: {played.error}")
            strategies += played.cpu_seconds
        own += time.process_time() - start
        print(f"world {i + 1} of {N_WORLDS}", file=sys.stderr, flush=True)
    imports += _children() - strategies
    return {"strategies": strategies, "office": own, "starting": imports}


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def table_of(results: dict[str, Any]) -> str:
    """Return the Markdown table of what has been measured."""
    header = ["rows", "world", "features", "strategy", "office", "rows per CPU s", "MiB"]
    lines = [markdown_row(header), markdown_row(["---:"] * len(header))]
    for rows, it in sorted(results.get("growth", {}).items(), key=lambda item: int(item[0])):
        parts = [it[name] for name in ("world", "as_of", "strategy", "office")]
        cells = [f"{int(rows):,}", *(f"{part:.1f}" for part in parts)]
        cells += [f"{int(rows) / sum(parts):,.0f}", f"{it['peak_mib']:,.0f}"]
        lines.append(markdown_row(cells))
    text = (
        "CPU seconds of one season of `exploit`, 52 weeks at 5 %: the simulated world, as-of "
        "features (both once for all strategies), the strategy's process without imports, and the "
        "office that shows weeks and reports. Memory: the peaks of both processes together."
    )
    if ratio := results.get("ratio"):
        text += (
            f" `xgboost`, fitted every week on all that is known, takes {ratio['xgboost']:.1f} CPU "
            f"seconds at {SMALL:,} rows, {ratio['xgboost'] / ratio['exploit']:.0f} times as many "
            "as `exploit` in the same run."
        )
    if many := results.get("many"):
        total = many["strategies"] + many["office"]
        text += (
            f" Ten worlds of {SMALL:,} x eight strategies: {total:.0f} CPU seconds beside the "
            f"worlds, and {many['starting']:.0f} to start 80 processes."
        )
    return "\n".join([*lines, "", text])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", default="growth,ratio,many", help="with commas")
    parser.add_argument("--rows", default="54000,216000,1000000", help="of growth, with commas")
    parser.add_argument("--results", type=Path, help="file that results are added to")
    parser.add_argument("--write", type=Path, help="document with the markers of the table")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(measure(int(given.child[0]), given.child[1])))
        return
    parts = given.parts.split(",") if given.parts else []
    if unknown := set(parts) - {"growth", "ratio", "many"}:
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}")
    results: dict[str, Any] = {}
    if given.results and given.results.exists():
        results = json.loads(given.results.read_text(encoding="utf-8"))
    if "growth" in parts:
        for rows in given.rows.split(","):
            results.setdefault("growth", {})[rows] = in_child(int(rows), "exploit")
    if "ratio" in parts:
        both = {name: in_child(SMALL, name)["strategy"] for name in ("exploit", "xgboost")}
        results["ratio"] = both
    if "many" in parts:
        results["many"] = play_many()
    if given.results:
        given.results.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    table = table_of(results)
    print(table)
    if small := results.get("growth", {}).get(str(SMALL)):
        print(f"{small['strategy'] / CPU_GOAL:.2f} x the goal of a season of {SMALL:,} rows")
    if many := results.get("many"):
        total = (many["strategies"] + many["office"]) / MANY_GOAL
        print(f"{total:.2f} x the goal of ten worlds x eight strategies")
    if given.write:
        put_table(given.write, "season_growth", table, check=False)


if __name__ == "__main__":
    main()
