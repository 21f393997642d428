"""Boosted trees that several workers train together, each on parts of its own.

`xgboost.dask` trains from collections that lie in the workers' memory: with 17 million rows of a
hundred features, several times what one machine needs, which computes features block by block. So
workers do here what `xgboost.dask` does inside: they join XGBoost's own collective, and each trains
on blocks of its parts, whose features it keeps in a file. Sums of gradients are all that they
exchange, not encrypted, even where Dask's messages are; they follow from public declarations.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from xgboost.collective import CommunicatorContext
from xgboost.core import XGBoostError
from xgboost.tracker import RabitTracker

from customs_baselines.cluster.parts import PublicParts
from customs_baselines.cluster.rows import PartRows, StoredRows
from customs_baselines.cluster.statistics import read_statistics
from customs_baselines.features.folds import Division
from customs_baselines.features.kit import KitFeatures
from customs_baselines.models.xgboost import XGBoost
from customs_data.errors import KitError

if TYPE_CHECKING:
    from distributed import Client, Future

# Seconds between two looks at whether all workers are there.
_LOOK_S: Final = 1


@dataclass(frozen=True)
class Training:
    """What a worker needs to know.

    Attributes
    ----------
    parts : PublicParts
    division : Division
        Cells of the training declarations.
    views : sequence of float
        As of `KitFeatures.fit_rows`.
    statistics : tuple of path
        Files of `write_statistics`.
    parameters : dict
        Parameters of `XGBoost`.
    """

    parts: PublicParts
    division: Division
    views: Sequence[float]
    statistics: tuple[Path, ...]
    parameters: dict[str, Any]

    def features(self) -> KitFeatures:
        """Return the fitted features."""
        features = KitFeatures(self.parameters["random_state"])
        return features.fit_statistics(read_statistics(self.statistics))

    def model(self, trees: bytes | bytearray) -> XGBoost:
        """Return the fitted model."""
        model = XGBoost(**self.parameters)
        model.features_ = self.features()
        model.classifier_ = model.make_classifier()
        model.classifier_.load_model(bytearray(trees))
        model.calibration_ = model.effects_ = None
        model.classes_ = np.array([0, 1])
        return model

    def predict(self, trees: Path, number: int) -> npt.NDArray[np.float64]:
        """Return the scores of a test part, shape (n_rows,)."""
        model = self.model(trees.read_bytes())
        return model.predict_proba(self.parts.read_test(number))[:, 1]


def train_together(client: Client, training: Training, numbers: Sequence[int]) -> bytes:
    """Train the trees on all workers of a cluster.

    Parameters
    ----------
    client : distributed.Client
    training : Training
    numbers : sequence of int
        The training parts that have labels. With fewer parts than workers, some workers have
        nothing to do. The same number of workers gives the same trees.

    Returns
    -------
    bytes
        XGBoost's raw model.

    Raises
    ------
    KitError
        If a worker is lost: the others cannot go on without its rows.
    """
    from distributed.comm import get_address_host

    threads = client.nthreads()
    workers = sorted(threads)[: len(numbers)]
    host = get_address_host(workers[0])
    arguments = client.submit(
        _start_tracker, len(workers), host, workers=workers[:1], pure=False
    ).result()
    futures = [
        client.submit(
            _train_share,
            training,
            numbers[rank :: len(workers)],
            arguments | {"dmlc_task_id": f"{rank:06}"},  # which decides the rank
            threads[worker],
            workers=[worker],
            pure=False,
        )
        for rank, worker in enumerate(workers)
    ]
    try:
        _wait_for_all(client, workers, futures)
        trees: bytes = futures[0].result()
        return trees
    except XGBoostError as error:
        # Others see the loss of a worker as a broken connection.
        raise _lost() from error
    finally:
        client.cancel(futures)


def _wait_for_all(client: Client, workers: Sequence[str], futures: Sequence[Future]) -> None:
    """Wait until all are done; raise the first error, and KitError if a worker is lost."""
    from distributed import wait

    waiting = list(futures)
    while waiting:
        with client.as_current(), suppress(TimeoutError):
            waiting = list(wait(waiting, _LOOK_S, return_when="FIRST_COMPLETED").not_done)
        # Work that is pinned to a lost worker would wait for it for ever.
        if not client.nthreads().keys() >= set(workers):
            raise _lost()
        for future in futures:
            if future.status == "error":
                future.result()


def _lost() -> KitError:
    return KitError(
        "A worker was lost while trees were trained, and they need the rows of all. Perhaps its "
        "memory was full, or workers cannot reach each other. Start again."
    )


def _start_tracker(n_workers: int, host: str) -> dict[str, Any]:
    """Start what introduces workers to each other, on one of them; return how to reach it."""
    tracker = RabitTracker(n_workers, host_ip=host, sortby="task")
    tracker.start()
    Thread(target=tracker.wait_for, daemon=True).start()
    return dict(tracker.worker_args())


def _train_share(
    training: Training, numbers: Sequence[int], arguments: dict[str, Any], n_threads: int
) -> bytes | None:
    """Train with the other workers; the first one returns the trees, which all have."""
    from distributed import get_worker

    model = XGBoost(**training.parameters | {"n_jobs": n_threads})
    rows = PartRows(training.features(), training.division, training.views, training.parts, numbers)
    stored = StoredRows(rows, Path(get_worker().local_directory))
    with _quiet(), CommunicatorContext(**arguments):
        classifier = model.train(stored, rows.y, 1 / len(training.views))
    is_first = int(arguments["dmlc_task_id"]) == 0
    return bytes(classifier.get_booster().save_raw()) if is_first else None


@contextmanager
def _quiet() -> Iterator[None]:
    """Drop what XGBoost prints about ranks; its errors are raised, too.

    It does so behind Python's back, and a local worker prints where the command does.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    kept = {stream: os.dup(stream) for stream in (1, 2)}
    try:
        for stream in kept:
            os.dup2(nowhere, stream)
        yield
    finally:
        for stream, copy in kept.items():
            os.dup2(copy, stream)
            os.close(copy)
        os.close(nowhere)
