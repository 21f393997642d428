"""What graphfc costs (goal: 30 CPU s and 1.5 GiB on the default size; a million in 15 minutes).

Each model is fitted and scored in a process of its own on a simulated world; CPU seconds after
imports, peak memory, and both as ratios to xgboost_graph measured in the same run.
"""

from __future__ import annotations

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pandas as pd

from customs_baselines.catalogue import find_baseline
from customs_baselines.contract import fit_and_score, make_model
from customs_data.edition.generating import read_blueprint, simulate_world, split_periods
from customs_data.keyed_random import secret_of_seed
from customs_data.split import Split
from customs_data.tasks import find_task

DEFAULT_ROWS = 54_000
MODELS = ("xgboost_graph", "graphfc", "graphfc_transductive")


def measure(name: str, rows: int, n_jobs: int) -> tuple[float, float, float]:
    blueprint = read_blueprint(n_declarations=rows)
    periods = split_periods(simulate_world(blueprint, secret_of_seed(9000)))
    test = pd.concat([periods["public"], periods["private"]], ignore_index=True)
    split = Split.of_frames(find_task(), periods["train"], test)
    model = make_model(find_baseline(name).load_class(), {"random_state": 0, "n_jobs": n_jobs})
    wall, cpu = time.perf_counter(), time.process_time()
    fit_and_score(model, split)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return time.perf_counter() - wall, time.process_time() - cpu, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=DEFAULT_ROWS)
    parser.add_argument("--jobs", type=int, default=1, help="threads of a model")
    parser.add_argument(
        "--models", default=None, help="comma-separated; the first is the yardstick"
    )
    options = parser.parse_args()
    # At a million rows the yardstick takes longer than what is measured.
    default = MODELS if options.rows <= 4 * DEFAULT_ROWS else ("graphfc",)
    names = tuple(options.models.split(",")) if options.models else default
    print(
        f"{'model':<22} {'rows':>10} {'seconds':>9} {'CPU s':>8} {'MiB':>8} {'CPU':>6} {'mem':>6}"
    )
    base: tuple[float, float] | None = None
    for name in names:
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
