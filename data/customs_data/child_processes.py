"""Child processes that end with this one, whatever ends it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from multiprocessing import parent_process
from multiprocessing.connection import wait
from threading import Lock, Thread
from typing import Any, Final, Self

# linux/prctl.h
_PR_SET_PDEATHSIG: Final = 1
_GRACE_S: Final = 2.0


class ChildProcess:
    """A command in a process group of its own, used as a context: the whole group ends with it.

    The group's leader is a watcher, a shell that reads from a pipe to which only this process can
    write. When this process ends, even by kill -9, the pipe closes and the watcher kills the group:
    the command and what it started. (A thread of the command could not: a library may keep Python
    from running any other thread for hours.)

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    **options
        As of `subprocess.Popen`.

    Raises
    ------
    KeyboardInterrupt
        While `no_child_processes` is in effect.
    """

    def __init__(self, command: Sequence[str], **options: Any) -> None:
        with _REGISTRY.lock:
            if _REGISTRY.n_refusals:
                raise KeyboardInterrupt
            read_end, self._pipe = os.pipe()
            try:
                self._watcher = subprocess.Popen(
                    ["/bin/sh", "-c", "read _; kill -s KILL 0"],
                    stdin=read_end,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    env={},
                    process_group=0,
                )
                self.process = subprocess.Popen(command, process_group=self._watcher.pid, **options)
            except BaseException:
                os.close(self._pipe)  # which ends the watcher
                raise
            finally:
                os.close(read_end)
            _REGISTRY.running.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the group, politely at first."""
        if self.process.poll() is None:
            self._send(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_GRACE_S)
        self.kill()
        self.process.wait()
        with _REGISTRY.lock:
            _REGISTRY.running.discard(self)
            self._watcher.wait()
        os.close(self._pipe)

    def kill(self) -> None:
        """Kill the group; whoever waits for the command then goes on."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        # The group's number is not given to others before its leader is waited for. macOS denies
        # permission where all of a group have ended.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._watcher.pid, number)


class _Registry:
    """Running child processes of all threads."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.running: set[ChildProcess] = set()
        self.n_refusals = 0


_REGISTRY: Final = _Registry()


@contextmanager
def no_child_processes() -> Iterator[None]:
    """Kill the child processes of all threads, and start no others meanwhile."""
    with _REGISTRY.lock:
        _REGISTRY.n_refusals += 1
        for child in _REGISTRY.running:
            child.kill()
    try:
        yield
    finally:
        with _REGISTRY.lock:
            _REGISTRY.n_refusals -= 1


def end_with_parent(parent: int) -> None:
    """Let the kernel kill this process when its parent ends; call it first in a child process.

    Only Linux has this. The kernel looks at the thread that started the child: that thread has to
    wait for it.

    Parameters
    ----------
    parent : int
        Number of the parent's process.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it has ended already
        os.kill(os.getpid(), signal.SIGKILL)


def begin_worker() -> None:
    """Prepare a worker of a pool: its parent alone ends it, and it does not outlive its parent.

    Idle workers would wait for work for ever, and Ctrl-C in a terminal goes to them, too.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def write_lines_at_once() -> None:
    """Write each printed line to the log at once, because a child may be ended at any time."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
