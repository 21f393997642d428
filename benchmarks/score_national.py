"""Time to score a national submission (goal: at least 5 times faster than plain pandas).

Both read submission and solution from the same Parquet files, match Declaration IDs in different
orders, and compute the scorecard of both test periods without bootstrap intervals. The kit runs
the functions of `customs-kit score` with all checks of the submission; plain pandas is
read_parquet, merge and sort_values. Each runs in a process of its own, for its own peak memory.
The runs alternate; the best of each counts.

    python benchmarks/score_national.py [--rows 24700000] [--runs 3]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd

GOAL = 5
KEY, SCORE = "Declaration ID", "Fraud Score"
PERIODS = {"public": "Public", "private": "Private"}


def make_files(folder: Path, rows: int) -> None:
    """Write eight-digit IDs, a tenth of them fraud, and scores of which half have many ties."""
    rng = np.random.default_rng(0)
    ids = (rng.permutation(90_000_000)[:rows] + 10_000_000).astype(np.uint32)
    fraud = (rng.random(rows) < 0.1).astype(np.int8)
    critical = (fraud + (fraud * rng.random(rows) > 0.9)).astype(np.int8)
    usage = np.where(np.arange(rows) < rows // 2, "Public", "Private")
    solution = pd.DataFrame(
        {
            KEY: ids.astype("U8"),
            "Fraud": fraud,
            "Critical Fraud": critical,
            "Usage": usage,
            "Unseen": rng.random(rows) < 0.8,
        }
    )
    solution.to_parquet(folder / "solution.parquet", index=False)
    del solution, usage, critical
    score = rng.normal(size=rows) + 1.5 * fraud
    score = np.where(rng.random(rows) < 0.5, np.round(score, 2), score)
    order = rng.permutation(rows)
    submission = pd.DataFrame({KEY: ids[order].astype("U8"), SCORE: score[order]})
    submission.to_parquet(folder / "submission.parquet", index=False)


def score_with_kit(folder: Path) -> dict[str, dict[str, float | None]]:
    from customs_scorer.scorecard import score_submission
    from customs_scorer.submissions import read_submission

    solution = pd.read_parquet(folder / "solution.parquet")
    fraud_score = read_submission(folder / "submission.parquet", solution[KEY])
    card = score_submission(solution, fraud_score, solution["Unseen"].to_numpy(), n_replicates=0)
    return card.as_dict()


def score_with_pandas(folder: Path) -> dict[str, dict[str, float | None]]:
    """Score as in a notebook, with ties at the cut in any order."""
    solution = pd.read_parquet(folder / "solution.parquet")
    submission = pd.read_parquet(folder / "submission.parquet")
    merged = solution.merge(submission, on=KEY)
    scores = {}
    for period, usage in PERIODS.items():
        ranked = merged[merged["Usage"] == usage].sort_values(SCORE, ascending=False)
        unseen = ranked[ranked["Unseen"]]
        base = ranked["Fraud"].mean()
        score: dict[str, float | None] = {
            "n_declarations": len(ranked),
            "n_fraud": int(ranked["Fraud"].sum()),
            "n_critical": int((ranked["Critical Fraud"] == 2).sum()),
            "n_unseen": len(unseen),
        }
        for percent in (5, 10):
            top = ranked.head(-(-len(ranked) * percent // 100))
            precision = top["Fraud"].mean()
            score[f"precision_at_{percent}"] = precision
            score[f"recall_at_{percent}"] = top["Fraud"].sum() / ranked["Fraud"].sum()
            score[f"lift_at_{percent}"] = precision / base
            score[f"critical_precision_at_{percent}"] = (top["Critical Fraud"] == 2).mean()
            top = unseen.head(-(-len(unseen) * percent // 100))
            score[f"unseen_precision_at_{percent}"] = top["Fraud"].mean()
        scores[period] = score
    return scores


SCORERS = {"customs-kit": score_with_kit, "pandas": score_with_pandas}


def measure(name: str, folder: Path) -> None:
    """Score in this process and print the costs as JSON; imports are not counted."""
    for module in ("pyarrow.parquet", "customs_scorer.scorecard", "customs_scorer.submissions"):
        import_module(module)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    scores = SCORERS[name](folder)
    costs = {
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "imports_mib": before / 1024,
    }
    print(json.dumps({"costs": costs, "scores": scores}))


def run(name: str, folder: Path) -> dict[str, dict[str, float]]:
    command = [sys.executable, __file__, "--measure", name, "--folder", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def compare(rows: int, runs: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(  # in a process of its own, whose peak memory no child inherits
            [sys.executable, __file__, "--make", "--rows", str(rows), "--folder", name], check=True
        )
        results = {name: [] for name in SCORERS}
        for _ in range(runs):
            for scorer, outputs in results.items():
                outputs.append(run(scorer, folder))
    best = {
        name: {cost: min(out["costs"][cost] for out in outputs) for cost in outputs[0]["costs"]}
        for name, outputs in results.items()
    }
    print(f"{rows:,} declarations, best of {runs}")
    print(f"{'':12} {'seconds':>8} {'CPU s':>8} {'peak MiB':>9} {'of which imports':>17}")
    for name, cost in best.items():
        print(
            f"{name:12} {cost['seconds']:8.2f} {cost['cpu_seconds']:8.2f} {cost['peak_mib']:9,.0f} "
            f"{cost['imports_mib']:17,.0f}"
        )
    ratios = [best["pandas"][c] / best["customs-kit"][c] for c in ("seconds", "cpu_seconds")]
    print(f"pandas / kit: {ratios[0]:.1f} (wall), {ratios[1]:.1f} (CPU); goal: {GOAL}")
    apart = largest_difference(*(results[name][0]["scores"] for name in SCORERS))
    print(f"largest difference of any score, from ties at the cut: {apart:.1e}")


def largest_difference(kit: dict, pandas: dict) -> float:
    """Return the largest difference of scores; check that counts are equal."""
    largest = 0.0
    for period, scores in pandas.items():
        for name, value in scores.items():
            if name.startswith("n_"):
                assert kit[period][name] == value, (period, name)
            else:
                largest = max(largest, abs(kit[period][name] - value))
    return largest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--make", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--measure", choices=SCORERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        make_files(options.folder, options.rows)
    elif options.measure:
        measure(options.measure, options.folder)
    else:
        compare(options.rows, options.runs)


if __name__ == "__main__":
    main()
