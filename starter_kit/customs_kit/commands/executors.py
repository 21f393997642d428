"""Where commands let work be done: in this process, in others, or on a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

from customs_data.parallel import processes, threads


@contextmanager
def open_executor(
    workers: int, cluster: str | None, out: Path, *, secret: bool = False, insecure: bool = False
) -> Iterator[Executor | None]:
    """Open a cluster's executor or a pool of processes; for one worker None.

    Parameters
    ----------
    workers : int
        Number of processes; not used with a cluster.
    cluster : str, optional
        Address, as of `customs_data.cluster.open_cluster`.
    out : path
        What is written; the nearest folder above it that exists must be shared with a cluster.
    secret, insecure : bool
        As of `open_cluster`.

    Raises
    ------
    KitError
        If the cluster cannot be used.
    """
    if cluster is None:
        with processes(workers) as pool:
            yield pool
        return
    with _cluster(cluster, out, secret, insecure) as executor:
        yield executor


@contextmanager
def open_threads(workers: int | None, cluster: str | None, out: Path) -> Iterator[Executor | None]:
    """Open a cluster's executor, or a pool of threads for work that starts processes of its own.

    Parameters
    ----------
    workers : int, optional
        Number of threads, by default that of processors; not used with a cluster.
    cluster, out
        As of `open_executor`.

    Raises
    ------
    KitError
        If the cluster cannot be used.
    """
    from customs_baselines.running.runner import n_processors

    if cluster is None:
        with threads(workers or n_processors()) as pool:
            yield pool
        return
    with _cluster(cluster, out) as executor:
        yield executor


@contextmanager
def _cluster(
    address: str, out: Path, secret: bool = False, insecure: bool = False
) -> Iterator[Executor]:
    from customs_data.cluster import cluster_executor, open_cluster

    shared = next(folder for folder in out.resolve().parents if folder.is_dir())
    with open_cluster(address, shared=shared, secret=secret, insecure=insecure) as client:
        yield cluster_executor(client)
