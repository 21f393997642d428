"""Clusters: local ones, schedulers with and without TLS, lost workers, and what is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Event

import dask
import pytest
from distributed import Client, LocalCluster
from distributed.security import Security

from customs_data.cluster import checks, cluster_executor, open_cluster, opening, parse_address
from customs_data.errors import KitError
from customs_data.parallel import count_workers, map_in_order

_WAIT_S = 60  # only a failing test waits so long


def square(number):
    return number * number


def end_worker(marker, number):
    """End the worker the first time that 3 is squared."""
    if number == 3 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return square(number)


def end_every_worker(number):
    os.kill(os.getpid(), signal.SIGKILL)


def read_variable(number):
    return os.environ["OMP_NUM_THREADS"], os.environ["OPENBLAS_NUM_THREADS"], os.getpid()


def wait_for_the_end(folder, number):
    (folder / "begun").touch()
    while not (folder / "end").exists():
        Event().wait(0.05)


WAITING = """
import signal
import sys
from functools import partial
from pathlib import Path
from threading import Event
from customs_data.cluster import cluster_executor, open_cluster
from customs_data.parallel import map_in_order
from customs_kit.signals import signals_end_in_order

def wait(folder, number):
    (folder / str(number)).touch()
    Event().wait()

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    # Not as it was inherited: a shell ignores it in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with signals_end_in_order(), open_cluster("local:2", shared=folder) as client:
        print("open", flush=True)
        list(map_in_order(partial(wait, folder), range(2), cluster_executor(client)))
"""


@contextmanager
def scheduler(n_workers=1, **options):
    """Start a scheduler as someone else would; its workers are threads of this process."""
    options = {"protocol": "tcp://", **options}
    with LocalCluster(
        n_workers=n_workers,
        threads_per_worker=1,
        processes=False,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        silence_logs=50,
        **options,
    ) as cluster:
        yield cluster


def test_a_local_cluster_gives_the_same_results_even_if_a_worker_dies(tmp_path):
    before = dict(os.environ)
    work = partial(end_worker, tmp_path / "killed")
    with open_cluster("local:2", shared=tmp_path) as client:
        executor = cluster_executor(client)
        assert count_workers(executor) == 2
        assert client.scheduler.address.startswith("tls://127.0.0.1:")
        assert list(map_in_order(work, range(20), executor)) == list(map(square, range(20)))
        described = set(map_in_order(read_variable, range(20), executor))
        with pytest.raises(ZeroDivisionError):
            list(map_in_order(partial(divmod, 1), range(3), executor))
    assert {threads for *threads, _ in map(list, described) for threads in threads} == {"1"}
    assert os.getpid() not in {process for *_, process in described}
    assert (tmp_path / "killed").exists()
    assert list(tmp_path.iterdir()) == [tmp_path / "killed"]
    assert dict(os.environ) == before


def test_work_that_ends_every_worker_ends_in_one_sentence(tmp_path):
    with (
        pytest.raises(KitError, match=r"4 workers ended .* too little memory"),
        open_cluster("local:1", shared=tmp_path) as client,
    ):
        list(map_in_order(end_every_worker, [0], cluster_executor(client)))


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_workers_do_not_outlive_the_command(tmp_path, number, status):
    script = tmp_path / "waiting.py"
    script.write_text(WAITING)
    with subprocess.Popen(
        [sys.executable, script, tmp_path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    ) as command:
        assert command.stdout.readline() == b"open\n"
        while len(list(tmp_path.glob("[01]"))) < 2:
            assert command.poll() is None
            Event().wait(0.05)
        # Ctrl-C goes to the whole group; the kill to the command alone.
        (os.killpg if number == signal.SIGINT else os.kill)(command.pid, number)
        # Output ends when nobody has its pipe any more.
        _, errors = command.communicate(timeout=_WAIT_S)
    assert command.returncode == status
    # After a kill Python tells of the semaphores that it removed.
    assert errors == b"Aborted!\n" or number == signal.SIGKILL


def test_an_existing_scheduler_is_used_and_left(tmp_path):
    with scheduler(2) as cluster:
        for _ in range(2):
            with open_cluster(cluster.scheduler_address, shared=tmp_path) as client:
                executor = cluster_executor(client)
                assert list(map_in_order(square, range(5), executor)) == [0, 1, 4, 9, 16]


def test_a_secret_travels_encrypted_or_not_at_all(tmp_path, monkeypatch):
    with scheduler() as cluster:
        with (
            pytest.raises(KitError, match=r"unencrypted.* --insecure"),
            open_cluster(cluster.scheduler_address, shared=tmp_path, secret=True),
        ):
            pass
        with open_cluster(
            cluster.scheduler_address, shared=tmp_path, secret=True, insecure=True
        ) as client:
            assert client.submit(square, 3).result() == 9
    security = Security.temporary()
    with scheduler(protocol="tls://", security=security) as cluster:
        address = cluster.scheduler_address
        with (
            pytest.raises(KitError, match=r"No Dask scheduler.*DASK_DISTRIBUTED__COMM__TLS"),
            open_cluster(address, shared=tmp_path, secret=True),
        ):
            pass
        certificates = {
            "ca-file": security.tls_ca_file,
            "client.cert": security.tls_client_cert,
            "client.key": security.tls_client_key,
        }
        for name, text in certificates.items():
            (tmp_path / name).write_text(text)
        tls = {f"distributed.comm.tls.{name}": str(tmp_path / name) for name in certificates}
        with dask.config.set(tls), open_cluster(address, shared=tmp_path, secret=True) as client:
            assert client.submit(square, 3).result() == 9
        monkeypatch.setattr(opening, "_CONNECT_S", 1)
        for name, text in {
            "ca-file": (other := Security.temporary()).tls_ca_file,
            "client.cert": other.tls_client_cert,
            "client.key": other.tls_client_key,
        }.items():
            (tmp_path / name).write_text(text)
        with (
            dask.config.set(tls),
            pytest.raises(KitError, match="No Dask scheduler answers"),
            open_cluster(address, shared=tmp_path, secret=True),
        ):
            pass


@pytest.mark.parametrize(
    "address",
    ["", "local", "local:0", "local:-1", "local:two", "10.0.0.5:8786", "tcp://host", "http://h:80"],
)
def test_addresses_that_are_none(address, tmp_path):
    with pytest.raises(KitError, match=r"no address of a cluster: give local:N"):
        parse_address(address)
    with pytest.raises(KitError, match=r"no address"), open_cluster(address, shared=tmp_path):
        pass


def test_clusters_that_cannot_be_used(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "_CONNECT_S", 0.5)
    monkeypatch.setattr(opening, "_WORKERS_S", 0.1)
    with (
        pytest.raises(KitError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9 "),
        open_cluster("tcp://127.0.0.1:9", shared=tmp_path),
    ):
        pass
    with (
        scheduler(0) as cluster,
        pytest.raises(KitError, match="has no workers"),
        open_cluster(cluster.scheduler_address, shared=tmp_path),
    ):
        pass


def test_workers_that_cannot_do_the_work(tmp_path, monkeypatch):
    def of_last_year(client, packages):
        versions = Client.get_versions.original(client, packages=packages)
        for worker in versions["workers"].values():
            worker["packages"] = worker["packages"] | {"pandas": "1.5", "customs-kit": None}
        return versions

    of_last_year.original = Client.get_versions
    with scheduler() as cluster:
        monkeypatch.setattr(Client, "get_versions", of_last_year)
        with (
            pytest.raises(KitError, match=r"worker at tcp.* has no customs-kit, pandas 1\.5, and"),
            open_cluster(cluster.scheduler_address, shared=tmp_path),
        ):
            pass
        monkeypatch.undo()
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()

        def answer_elsewhere(question):
            (elsewhere / "answer").touch()
            return elsewhere / "answer"

        def answer_nothing(question):
            raise FileNotFoundError(2, "No such file or directory", str(question))

        for answer in (answer_elsewhere, answer_nothing):
            monkeypatch.setattr(checks, "_answer", answer)
            with (
                pytest.raises(KitError, match=r"does not share the folder"),
                open_cluster(cluster.scheduler_address, shared=tmp_path),
            ):
                pass
    assert list(tmp_path.iterdir()) == [elsewhere]


def test_a_lost_scheduler_is_one_sentence(tmp_path):
    def close(cluster):
        while not (tmp_path / "begun").exists():
            Event().wait(0.05)
        cluster.scheduler.loop.add_callback(cluster.scheduler.close)
        (tmp_path / "end").touch()

    wait = partial(wait_for_the_end, tmp_path)
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        scheduler() as cluster,
        ThreadPoolExecutor(1) as thread,
    ):
        thread.submit(close, cluster)
        with (
            pytest.raises(KitError, match=r"connection to the scheduler of tcp.* was lost"),
            open_cluster(cluster.scheduler_address, shared=tmp_path) as client,
        ):
            list(map_in_order(wait, [1], cluster_executor(client)))


def test_without_dask_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(KitError, match=r"pip install 'customs-kit\[cluster\]'"),
        open_cluster("local:1", shared=tmp_path),
    ):
        pass
