"""Child processes end with their parent and with the block that started them.

Whoever holds the end of a pipe is alive: the pipe ends when the last one has gone.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from threading import Event, Thread

import pytest

from customs_data.child_processes import ChildProcess, no_child_processes
from customs_data.parallel import processes, submit, threads

_WAIT_S = 60  # only a failing test waits so long
# A shell that starts another process, and both run for ever.
FOREVER = ["sh", "-c", "sleep 1000 & echo started; wait"]


def run_forever(started):
    with ChildProcess(FOREVER, stdout=subprocess.PIPE) as child, child.process.stdout as output:
        assert output.readline() == b"started\n"
        started.set()
        return child.process.wait()


def wait_forever(path):
    path.touch()
    Event().wait()


def test_what_a_child_has_started_ends_with_it():
    with ChildProcess(FOREVER, stdout=subprocess.PIPE) as child:
        assert child.process.stdout.readline() == b"started\n"
    assert child.process.communicate(timeout=_WAIT_S)[0] == b""
    command = ["sh", "-c", "sleep 1000 & exit 3"]
    with ChildProcess(command, stdout=subprocess.PIPE) as child:
        assert child.process.wait() == 3
    assert child.process.communicate(timeout=_WAIT_S)[0] == b""


def test_a_polite_child_cleans_up():
    command = [
        "sh",
        "-c",
        "trap 'echo bye; exit 0' TERM; echo started; while :; do sleep 0.01; done",
    ]
    with ChildProcess(command, stdout=subprocess.PIPE) as child:
        assert child.process.stdout.readline() == b"started\n"
    assert child.process.communicate(timeout=_WAIT_S)[0] == b"bye\n"


def test_children_of_other_threads_are_killed_and_no_more_are_started():
    started = Event()
    statuses = []
    thread = Thread(target=lambda: statuses.append(run_forever(started)))
    thread.start()
    assert started.wait(_WAIT_S)
    with no_child_processes():
        thread.join(_WAIT_S)
        assert statuses == [-9]
        with pytest.raises(KeyboardInterrupt):
            ChildProcess(["true"])
    with ChildProcess(["true"]) as child:
        assert child.process.wait() == 0


def test_an_interrupt_ends_what_threads_wait_for():
    started = Event()
    with suppress(KeyboardInterrupt), threads(2) as executor:
        future = submit(executor, run_forever, started)
        assert started.wait(_WAIT_S)
        raise KeyboardInterrupt
    assert future.result() == -9


def test_an_interrupt_ends_workers(tmp_path):
    with suppress(KeyboardInterrupt), processes(2) as executor:
        future = submit(executor, wait_forever, tmp_path / "started")
        while not (tmp_path / "started").exists():
            assert not future.done()
        raise KeyboardInterrupt
    assert future.exception() is not None


PARENTS = {
    # The shell knows nothing of its parent: the watcher kills it and what it has started.
    "watcher": """
from customs_data.child_processes import ChildProcess
with ChildProcess(["sh", "-c", "sleep 1000 & echo started; wait"]) as child:
    child.process.wait()
""",
    "kernel": """
import os, subprocess, sys
code = (
    "import sys, threading\\nfrom customs_data.child_processes import end_with_parent\\n"
    "end_with_parent(int(sys.argv[1]))\\nprint('started', flush=True)\\nthreading.Event().wait()"
)
subprocess.run([sys.executable, "-c", code, str(os.getpid())])
""",
    "late": """
import subprocess, sys
code = (
    "from customs_data.child_processes import end_with_parent\\nprint('started', flush=True)\\n"
    "end_with_parent(-1)\\nimport threading\\nthreading.Event().wait()"
)
subprocess.run([sys.executable, "-c", code])
import threading
threading.Event().wait()
""",
    "worker": """
from customs_data.parallel import processes
def work(_):
    print("started", flush=True)
if __name__ == "__main__":
    import threading
    with processes(2) as executor:
        executor.submit(work, 0).result()
        threading.Event().wait()
""",
}


@pytest.mark.parametrize("kind", PARENTS)
def test_nothing_outlives_a_killed_parent(tmp_path, kind):
    if kind == "kernel" and sys.platform != "linux":
        pytest.skip("only Linux tells a process of its parent's end")
    script = tmp_path / "parent.py"
    script.write_text(PARENTS[kind])
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE)
    assert parent.stdout.readline() == b"started\n"
    parent.kill()
    assert parent.communicate(timeout=_WAIT_S)[0] == b""
