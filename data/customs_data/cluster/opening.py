"""Opening a cluster: processes on this machine, or the workers of a Dask scheduler."""

from __future__ import annotations

import logging
import os
import re
import signal
import warnings
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from customs_data.cluster.checks import check_shared, check_versions
from customs_data.errors import KitError
from customs_data.temporary import scratch_folder

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

_SCHEDULER: Final = re.compile(r"(tcp|tls)://[^/\s]+:\d{1,5}")
_LOCAL: Final = re.compile(r"local:([1-9]\d{0,2})")
_CONNECT_S: Final = 10
#: Workers may be registered a little later than their scheduler.
_WORKERS_S: Final = 10
_START_S: Final = 120
# As many processes as processors: threads of libraries would only compete.
_ENVIRONMENT: Final = {
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
}
# No pages for browsers, no profiles of tasks, and nothing that a user's own settings could change.
_SETTINGS: Final[dict[str, Any]] = {
    # Dask's own variables make workers return each piece of memory at once (MALLOC_TRIM_THRESHOLD_)
    # and get it again, page by page: arrays of a month then cost twice the CPU.
    "distributed.nanny.pre-spawn-environ": {},
    "distributed.scheduler.allowed-failures": 3,
    "distributed.scheduler.http.routes": [],
    "distributed.scheduler.preload": [],
    "distributed.worker.daemon": True,
    "distributed.worker.http.routes": [],
    "distributed.worker.multiprocessing-method": "spawn",
    "distributed.worker.preload": [],
    "distributed.worker.profile.enabled": False,
}


class Address(NamedTuple):
    """Where a cluster is.

    Attributes
    ----------
    kind : {'local', 'tcp', 'tls'}
        Processes on this machine, or a scheduler without or with TLS.
    scheduler : str
        Address of the scheduler; empty for a local cluster.
    n_workers : int
        Workers of a local cluster; 0 for others, which have what they have.
    """

    kind: str
    scheduler: str = ""
    n_workers: int = 0


def parse_address(text: str) -> Address:
    """Read the address of a cluster.

    Parameters
    ----------
    text : str
        ``local:N`` (N worker processes on this machine), ``tcp://HOST:PORT`` or
        ``tls://HOST:PORT``.

    Raises
    ------
    KitError
        If it is none of these.

    Examples
    --------
    >>> parse_address("local:2")
    Address(kind='local', scheduler='', n_workers=2)
    >>> parse_address("tls://10.0.0.5:8786").kind
    'tls'
    """
    if local := _LOCAL.fullmatch(text):
        return Address("local", n_workers=int(local[1]))
    if scheduler := _SCHEDULER.fullmatch(text):
        return Address(scheduler[1], scheduler=text)
    raise KitError(
        f"{text!r} is no address of a cluster: give local:N for N processes on this machine, or "
        "the address of a Dask scheduler, such as tls://10.0.0.5:8786 or tcp://10.0.0.5:8786."
    )


@contextmanager
def open_cluster(
    address: str, *, shared: Path, secret: bool = False, insecure: bool = False
) -> Iterator[Client]:
    """Open a cluster whose workers can do what this process can; end it, or leave it, at the end.

    Parameters
    ----------
    address : str
        As of `parse_address`.
    shared : path
        An existing folder that all workers have to read and write under the same path.
    secret : bool
        Whether tasks get something that nobody else may read, such as the secret of an edition.
    insecure : bool
        Send it even to a scheduler without TLS.

    Yields
    ------
    distributed.Client
        Connected; every worker has the same versions as this process, and the folder.

    Raises
    ------
    KitError
        If Dask is missing, if the cluster cannot be used, and, in place of Dask's errors, if tasks
        end their workers again and again or the scheduler is lost.
    """
    place = parse_address(address)
    if secret and place.kind == "tcp" and not insecure:
        raise KitError(
            f"The secret would travel to {address} unencrypted, and whoever reads it knows the "
            "hidden labels. Use a scheduler with TLS (tls://...), or pass --insecure if nobody "
            "else can reach the network between the machines."
        )
    try:
        import dask
        from distributed import KilledWorker
        from distributed.comm import CommClosedError
        from distributed.utils import silence_logging_cmgr
    except ImportError:
        raise KitError(
            "Clusters need Dask. Install it with pip install 'customs-kit[cluster]'"
        ) from None
    opened = _local_client(place) if place.kind == "local" else _remote_client(place)
    # What goes wrong is raised here; Dask's log would tell it twice.
    with silence_logging_cmgr(logging.CRITICAL), dask.config.set(_SETTINGS), opened as client:
        check_versions(client)
        check_shared(client, shared)
        try:
            yield client
        except KilledWorker as error:
            raise KitError(
                f"{error.allowed_failures + 1} workers ended one after another while they did the "
                "same part of the work: probably they had too little memory. Use fewer workers "
                "per machine, or machines with more memory."
            ) from error
        except (CancelledError, CommClosedError) as error:
            raise KitError(
                f"The connection to the scheduler of {address} was lost. Check that it runs, and "
                "start again."
            ) from error


def cluster_executor(client: Client) -> Executor:
    """Return an executor on the workers of a cluster, for `customs_data.parallel`.

    A call whose worker dies is made again on another one, so calls must not mind being made twice.

    Parameters
    ----------
    client : distributed.Client
        Of `open_cluster`.
    """
    executor: Any = client.get_executor(pure=False)
    # The name that `parallel.count_workers` reads in the pools of the standard library.
    executor._max_workers = sum(client.nthreads().values())
    return executor  # type: ignore[no-any-return]


@contextmanager
def _local_client(place: Address) -> Iterator[Client]:
    from distributed import Client, LocalCluster
    from distributed.security import Security

    with scratch_folder() as folder, _environment_of_workers():
        with _held_back(signal.SIGINT):
            cluster = LocalCluster(
                n_workers=place.n_workers,
                threads_per_worker=1,
                host="127.0.0.1",
                # Else any user of this machine could connect, and run code as this one.
                security=Security.temporary(),
                memory_limit=None,
                local_directory=str(folder),
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
                silence_logs=logging.CRITICAL,
            )
        try:
            with Client(cluster, set_as_default=False) as client:
                client.wait_for_workers(place.n_workers, timeout=_START_S)
                yield client
        except BaseException:
            _kill_workers(cluster)
            raise
        finally:
            cluster.close()


def _kill_workers(cluster: LocalCluster) -> None:
    """End running tasks, for which `LocalCluster.close` would wait some seconds."""
    for nanny in list(cluster.workers.values()):
        nanny.auto_restart = False
        if nanny.pid:
            with suppress(ProcessLookupError):
                os.kill(nanny.pid, signal.SIGKILL)


@contextmanager
def _environment_of_workers() -> Iterator[None]:
    """Set variables that workers inherit; Dask itself sets others and leaves them."""
    before = dict(os.environ)
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def _held_back(number: signal.Signals) -> Iterator[None]:
    """Hold a signal back from this thread until the end, and for ever from what it starts here.

    Ctrl-C in a terminal goes to all processes. Workers that inherit this do not get it: they are
    ended by this process.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [number])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _remote_client(place: Address) -> Iterator[Client]:
    from distributed import Client

    try:
        with warnings.catch_warnings(action="ignore"):  # of other versions, which we refuse
            client = Client(place.scheduler, timeout=_CONNECT_S, set_as_default=False)
    # TLS without certificates is a TypeError or RuntimeError.
    except (OSError, TypeError, RuntimeError) as error:
        hint = (
            " TLS needs certificates: set the environment variables "
            "DASK_DISTRIBUTED__COMM__TLS__CA_FILE, DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT and "
            "DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY to those of your cluster."
        )
        raise KitError(
            f"No Dask scheduler answers at {place.scheduler} ({_reason(error)}). Start one with "
            f"dask scheduler, or correct the address.{hint if place.kind == 'tls' else ''}"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_WORKERS_S)
        except TimeoutError:
            raise KitError(
                f"The scheduler at {place.scheduler} has no workers. Start some with dask worker "
                f"{place.scheduler} --nthreads 1."
            ) from None
        yield client


def _reason(error: Exception) -> str:
    """Return why a connection failed, in one line and without a full stop."""
    cause = error.__cause__ or error
    return str(cause).partition("\n")[0].rstrip(".") or type(cause).__name__
