"""Cost of the commands that read an edition, at national scale.

Makes an edition (Parquet) with a tenth of the labels, then runs `data verify`, `data describe`,
`data audit`, `submission check` and `score` on it, each in a process of its own. Prints a table of
seconds, CPU seconds and peak memory: in total, and without pages mapped from files, which the
system can drop. A command that fails ends the benchmark with its message.

    python benchmarks/national_commands.py [--rows 24700000] [--edition DIR] [--only verify,score]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from kit_process import customs_kit, resident

_SAMPLES_PER_SECOND = 5


@dataclass(frozen=True)
class Cost:
    """Seconds, CPU seconds, peak MiB and peak MiB without mapped files."""

    seconds: float
    cpu_seconds: float
    peak_mib: int
    anonymous_mib: int


def measure(arguments: list[str], log: Path) -> Cost:
    """Run a command of the kit, with its output in `log`."""
    peak = (0, 0)
    start = time.perf_counter()
    with log.open("wb") as stream:
        process = subprocess.Popen(customs_kit(*arguments), stdout=stream, stderr=stream)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            with contextlib.suppress(OSError, KeyError):  # the process may just be ending
                peak = tuple(map(max, peak, resident(process.pid)))  # type: ignore[assignment]
            time.sleep(1 / _SAMPLES_PER_SECOND)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"customs-kit {' '.join(arguments)}:\n{log.read_text()}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, *peak)


def write_scores(edition: Path, path: Path) -> None:
    """Write a submission of random scores, in the order of the sample."""
    import numpy as np
    import pandas as pd

    submission = pd.read_csv(
        edition / "public/sample_submission.csv", dtype={"Declaration ID": str}
    )
    submission["Fraud Score"] = np.random.default_rng(0).random(len(submission))
    submission.to_parquet(path, index=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=24_700_000)
    parser.add_argument("--edition", type=Path, help="an existing edition")
    parser.add_argument("--only", help="commands, comma-separated")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        edition = str(options.edition or folder / "edition")
        submission = folder / "submission.parquet"
        generate = [
            "data", "generate", "--config", "national", "--rows", str(options.rows), "--seed", "1",
            "--label-rate", "0.1", "--erasure", "inspection", "--format", "parquet",
            "--workers", "2", "--out", edition,
        ]  # fmt: skip
        commands = {
            "generate": generate,
            "verify": ["data", "verify", edition],
            "describe": ["data", "describe", edition],
            "describe --html": ["data", "describe", edition, "--html", str(folder / "page.html")],
            "check": ["submission", "check", str(submission), "--edition", edition],
            "score": ["score", str(submission), "--edition", edition],
            "audit": ["data", "audit", edition],
        }
        if options.edition:
            del commands["generate"]
        if options.only:
            commands = {name: commands[name] for name in options.only.split(",")}
        print(f"{options.edition or f'{options.rows:,} declarations'}")
        print(f"{'':16} {'seconds':>8} {'CPU s':>8} {'peak MiB':>9} {'not mapped':>11}")
        for name, arguments in commands.items():
            if name in ("check", "score") and not submission.exists():
                write_scores(Path(edition), submission)
            cost = measure(arguments, folder / "log.txt")
            print(
                f"{name:16} {cost.seconds:8.1f} {cost.cpu_seconds:8.1f} {cost.peak_mib:9,} "
                f"{cost.anonymous_mib:11,}",
                flush=True,
            )


if __name__ == "__main__":
    main()
