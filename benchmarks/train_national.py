"""Cost of `baseline run xgboost --recipe kit` on a large edition (goal: 30 minutes, 12 GiB).

Makes the edition (Parquet), runs the command, and prints wall and CPU seconds of command and model;
peak memory of both processes, with and without mapped files, which the system may drop; and
precision@5 % beside that of the default edition.

    python benchmarks/train_national.py [--rows 24700000]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from kit_process import customs_kit, resident

GOAL_SECONDS, GOAL_MIB = 1800, 12 * 1024


def watch(pid: int, peaks: dict[str, tuple[int, int]], ended: threading.Event) -> None:
    """Record the largest memory of the command and of the model's process."""
    while not ended.wait(1.0):
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            for name, one in (("command", pid), *(("model", int(child)) for child in children)):
                peaks[name] = tuple(map(max, peaks[name], resident(one)))  # type: ignore[assignment]
        except (OSError, KeyError):
            continue  # the process has just ended


def run(edition: Path, out: Path) -> tuple[dict[str, float], float, float]:
    """Return precision@5 % by period, and wall and CPU seconds of the command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = time.perf_counter()
    peaks = {"command": (0, 0), "model": (0, 0)}
    ended = threading.Event()
    arguments = ["baseline", "run", "xgboost", "--recipe", "kit", "--edition", str(edition)]
    with subprocess.Popen(
        customs_kit(*arguments, "--out", str(out), "--json"), stdout=subprocess.PIPE, text=True
    ) as command:
        watcher = threading.Thread(target=watch, args=(command.pid, peaks, ended))
        watcher.start()
        text, _ = command.communicate()
        ended.set()
        watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    (record,) = json.loads(text)
    wall = time.perf_counter() - wall
    print(f"model: {record['seconds']:,.0f} s, {record['cpu_seconds']:,.0f} CPU s")
    for name, (resident_mib, anonymous) in peaks.items():
        print(f"peak memory, {name}: {resident_mib:,} MiB, {anonymous:,} MiB without mapped files")
    print(f"model's peak / goal: {peaks['model'][0] / GOAL_MIB:.2f}")
    scores = {period: record[period]["precision_at_5"] for period in ("public", "private")}
    return scores, wall, cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=24_700_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        scores = {}
        for name, rows in (("default", 54_000), ("large", options.rows)):
            print(f"{rows:,} declarations")
            world = ["--config", "national", "--rows", str(rows), "--seed", "1", "--workers", "2"]
            subprocess.run(
                customs_kit(
                    "data", "generate", *world, "--format", "parquet", "--out", str(folder / name)
                ),
                check=True,
                stdout=subprocess.DEVNULL,
            )
            scores[name], wall, cpu = run(folder / name, folder / f"runs-{name}")
            print(
                f"command: {wall:,.0f} s ({wall / GOAL_SECONDS:.2f} x the goal), {cpu:,.0f} CPU s"
            )
            print(f"precision@5 %: {scores[name]['public']:.4f} / {scores[name]['private']:.4f}")


if __name__ == "__main__":
    main()
