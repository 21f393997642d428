"""CPU seconds and peak memory of models that learn from traders or leaves (goals: 30 s, 1.5 GiB).

Each model is fitted with all labels and scores the rest of a simulated world, in a process of its
own: CPU seconds after imports, peak memory, and both as ratios to the first model of the run.

    python benchmarks/model_cost.py [--models xgboost,date] [--rows 1000000]
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pandas as pd

from customs_baselines.answering import fit_and_score
from customs_baselines.catalogue import find_baseline
from customs_baselines.contract import make_model
from customs_data.edition.generating import read_blueprint, simulate_world, split_periods
from customs_data.keyed_random import secret_of_seed
from customs_data.split import Split
from customs_data.tasks import find_task

MODELS = "xgboost,date,xgboost_graph,graphfc,graphfc_transductive"
PER_MIB = 1 << 20 if sys.platform == "darwin" else 1 << 10


def measure(name: str, rows: int, n_jobs: int) -> tuple[float, float, float]:
    """Wall and CPU seconds of fit and predict, and peak MiB of the process."""
    blueprint = read_blueprint(n_declarations=rows)
    periods = split_periods(simulate_world(blueprint, secret_of_seed(9000)))
    test = pd.concat([periods["public"], periods["private"]], ignore_index=True)
    split = Split.of_frames(find_task(), periods["train"], test)
    offered = {"random_state": 0, "n_jobs": n_jobs, "device": "cpu"}
    model = make_model(find_baseline(name).load_class(), offered)
    wall, cpu = time.perf_counter(), time.process_time()
    fit_and_score(model, split)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / PER_MIB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=54_000)
    parser.add_argument("--jobs", type=int, default=1, help="threads per model")
    parser.add_argument("--models", default=MODELS, help="with commas; ratios are to the first")
    options = parser.parse_args()
    print(
        f"{'model':<22} {'rows':>10} {'seconds':>9} {'CPU s':>8} {'MiB':>8} {'CPU':>6} {'mem':>6}"
    )
    base: tuple[float, float] | None = None
    for name in options.models.split(","):
        # Spawned, one at a time, because a fork would start with this process's memory.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            wall, cpu, peak = pool.submit(measure, name, options.rows, options.jobs).result()
        base = base or (cpu, peak)
        print(
            f"{name:<22} {options.rows:>10,} {wall:>9.1f} {cpu:>8.1f} {peak:>8,.0f} "
            f"{cpu / base[0]:>6.2f} {peak / base[1]:>6.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
