"""`xgboost` on a cluster: statistics, trees and scores by the workers, part by part."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from customs_baselines.cluster.boosting import Training, train_together
from customs_baselines.cluster.parts import PublicParts
from customs_baselines.cluster.statistics import count_days, divide_parts, write_statistics
from customs_baselines.models.xgboost import XGBoost
from customs_baselines.steps import step
from customs_data.cluster import cluster_executor
from customs_data.parallel import map_in_order
from customs_data.temporary import temporary_folder

if TYPE_CHECKING:
    from distributed import Client


@dataclass(frozen=True)
class Trained:
    """What the workers made.

    Attributes
    ----------
    model : XGBoost
        Fitted.
    scores : ndarray of float64, shape (n_test,)
        In the order of the test declarations.
    n_workers : int
        Workers that trained trees, on which the scores depend.
    seconds, cpu_seconds : float
        Wall time, and CPU time of all workers and this process.
    peak_memory_mib : float
        Sum of the largest resident sizes of all workers.
    """

    model: XGBoost
    scores: npt.NDArray[np.float64]
    n_workers: int
    seconds: float
    cpu_seconds: float
    peak_memory_mib: float


def train_on_cluster(
    client: Client,
    parts: PublicParts,
    extra: dict[str, str],
    shared: Path,
    parameters: dict[str, Any],
) -> Trained:
    """Train `XGBoost` under recipe ``kit`` and score the test declarations.

    No process has all declarations. Features are those of one machine, bit for bit.

    Parameters
    ----------
    client : distributed.Client
        Of `customs_data.cluster.open_cluster`.
    parts : PublicParts
        Some of the training declarations have labels.
    extra : dict of str to {'number', 'category'}
        Extra columns of the edition.
    shared : path
        A folder that all workers write; nothing stays there.
    parameters : dict
        Parameters of `XGBoost`, among them `random_state`.

    Raises
    ------
    KitError
        If a part cannot be read, or a worker is lost while it trains.
    """
    wall, cpu, before = time.perf_counter(), time.process_time(), client.run(_usage)
    executor = cluster_executor(client)
    with temporary_folder(shared) as folder:
        with step("statistics"):
            counts = count_days(parts, executor)
            numbers = [number for number, it in enumerate(counts) if it.labelled.any()]
            division, views = divide_parts(counts, XGBoost.views, parameters["random_state"])
            files = write_statistics(parts, division, extra, folder, executor)
        training = Training(parts, division, views, files, parameters)
        with step("trees"):
            n_workers = min(len(client.nthreads()), len(numbers))
            trees = train_together(client, training, numbers)
        with step("scores"):
            (folder / "trees").write_bytes(trees)
            predict = partial(training.predict, folder / "trees")
            scores = list(map_in_order(predict, range(len(parts.test)), executor))
        model = training.model(trees)
    after = client.run(_usage)
    used = [total - before.get(worker, (0.0, 0.0))[0] for worker, (total, _) in after.items()]
    return Trained(
        model,
        np.concatenate(scores),
        n_workers,
        seconds=time.perf_counter() - wall,
        cpu_seconds=time.process_time() - cpu + sum(used),
        peak_memory_mib=sum(peak for _, peak in after.values()),
    )


def _usage() -> tuple[float, float]:
    """Return the CPU seconds of this process, and its largest resident size in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return time.process_time(), peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def count_labels(parts: PublicParts) -> int:
    """Return the number of training declarations with a label."""
    return sum(int((parts.read_labels(it) >= 0).sum()) for it in range(len(parts.train)))
