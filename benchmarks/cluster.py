"""Cost and score of `baseline run xgboost` on a cluster of processes, beside one process.

Makes an edition in parts, runs the command alone and with --cluster local:N, and prints for each
precision@5 %, CPU seconds and peak memory of the command and all that it starts (the sum of PSS,
in which pages that processes share count once), then the ratios.

    python benchmarks/cluster.py [--rows 1000000] [--workers 2] [--edition DIR] [--skip-alone]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

from kit_process import GroupCost, customs_kit, measure_group

PERIODS = ("public", "private")


def run(name: str, edition: Path, out: Path, *options: str) -> tuple[dict[str, float], GroupCost]:
    arguments = ["baseline", "run", "xgboost", "--edition", str(edition), "--out", str(out)]
    cost = measure_group(customs_kit(*arguments, *options, "--json"))
    (record,) = json.loads(cost.output)
    scores = {period: record[period]["precision_at_5"] for period in PERIODS}
    print(
        f"{name}: precision@5 % {scores['public']:.4f} / {scores['private']:.4f}, "
        f"{cost.cpu_seconds:,.0f} CPU s, {cost.seconds:,.0f} s, peak {cost.peak_mib:,} MiB "
        f"(model {record['cpu_seconds']:,.0f} CPU s, {record['seconds']:,.0f} s)",
        flush=True,
    )
    return scores, cost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--edition", type=Path, help="An edition in parts, instead of making one.")
    parser.add_argument("--skip-alone", action="store_true", help="Run on the cluster only.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        edition = options.edition
        if edition is None:
            edition = folder / "edition"
            world = ["--config", "national", "--rows", str(options.rows), "--seed", "1"]
            world += ["--workers", str(os.cpu_count() or 1), "--format", "parts"]
            subprocess.run(
                customs_kit("data", "generate", *world, "--out", str(edition)),
                check=True,
                stdout=subprocess.DEVNULL,
            )
        cluster = f"local:{options.workers}"
        together, cost = run(cluster, edition, folder / "cluster", "--cluster", cluster)
        if options.skip_alone:
            return
        alone, own = run("alone", edition, folder / "alone")
        gained = [together[period] - alone[period] for period in PERIODS]
        print(f"{cluster} less alone: precision@5 % {gained[0]:+.4f} / {gained[1]:+.4f}")
        print(
            f"{cluster} to alone: CPU {cost.cpu_seconds / own.cpu_seconds:.2f}, "
            f"peak memory {cost.peak_mib / own.peak_mib:.2f}"
        )


if __name__ == "__main__":
    main()
