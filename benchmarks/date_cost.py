"""What `date` costs against `xgboost` with the same inputs (goals: 30 CPU s, 1.5 GiB).

Each is fitted to 54,000 declarations' training period with all labels and scores the rest, in a
process of its own, so that peak memory (imports included) is its own.
"""

from __future__ import annotations

import resource
import sys
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

GOAL_SECONDS, GOAL_MIB = 30.0, 1536.0


def measure(name: str) -> tuple[float, float]:
    """CPU seconds of fit and predict, and peak MiB."""
    periods = split_periods(simulate_world(read_blueprint(), secret_of_seed(9000)))
    test = pd.concat([periods["public"], periods["private"]], ignore_index=True)
    model = make_model(
        find_baseline(name).load_class(), {"random_state": 0, "n_jobs": 1, "device": "cpu"}
    )
    start = time.process_time()
    fit_and_score(model, Split.of_frames(find_task(), periods["train"], test))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return time.process_time() - start, peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main() -> None:
    print(f"{'model':<22} {'CPU s':>7} {'/ goal':>7} {'peak MiB':>9} {'/ goal':>7}")
    names = sys.argv[1:] or ["xgboost", "date"]
    for name in names:
        # Spawned, one at a time: a fork would start with this process's memory.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            cpu, peak = pool.submit(measure, name).result()
        print(
            f"{name:<22} {cpu:>7.1f} {cpu / GOAL_SECONDS:>7.2f} {peak:>9,.0f} "
            f"{peak / GOAL_MIB:>7.2f}"
        )


if __name__ == "__main__":
    main()
