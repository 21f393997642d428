"""Running the command line in forks of this process: many times, and several at one moment.

A fork begins with what this process has imported, so that a run costs little but its own work.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import customs_data
import customs_kit
import customs_leaderboard
import customs_scorer
from customs_kit.cli import main

_IMPORTED = (
    "customs_baselines.experiments.run_grid",
    "customs_baselines.explaining.report",
    "customs_baselines.running.runner",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "sklearn.ensemble",
)


@cache
def import_everything() -> None:
    """Import what commands import, before many forks."""
    for package in (customs_data, customs_scorer, customs_leaderboard, customs_kit):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." not in module.name and ".template" not in module.name:
                import_module(module.name)
    for name in _IMPORTED:
        import_module(name)


@dataclass(frozen=True)
class Ended:
    """Exit status and output of one command."""

    status: int
    stdout: str
    stderr: str

    def fails_in_one_sentence(self) -> bool:
        """Whether it ended with exit status 1 and one message, not with a traceback."""
        errors = [line for line in self.stderr.splitlines() if line.startswith("Error: ")]
        return self.status == 1 and len(errors) == 1 and "Traceback" not in self.stderr


def kit_in_fork(*arguments: object, cwd: Path | None = None, **environment: str) -> Ended:
    """Run `customs-kit` in a fork, a second cheaper than in a new process.

    Not for commands that train or audit in their own process: OpenMP may wait for ever in a fork of
    a process that has used it.
    """
    import_everything()
    (ended,) = run_at_once([arguments], cwd=cwd, environment=environment)
    return ended


def run_at_once(
    commands: Sequence[Sequence[object]],
    *,
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
    before: Callable[[], None] = lambda: None,
) -> list[Ended]:
    """Run several commands that begin at the same moment.

    Parameters
    ----------
    commands : sequence of sequences
        Arguments of `customs-kit`.
    cwd : path, optional
        Where they run.
    environment : dict, optional
        Further environment variables.
    before : callable
        Called in each process before its command, for limits.
    """
    for_reading, for_writing = os.pipe()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as logs:
        started = []
        for number, arguments in enumerate(commands):
            log = Path(logs) / str(number)
            process = os.fork()
            if process == 0:
                os.close(for_writing)
                _run(list(map(str, arguments)), log, for_reading, cwd, environment or {}, before)
            started.append((process, log))
        os.close(for_reading)
        os.close(for_writing)  # all of them begin
        ended = []
        for process, log in started:
            status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
            texts = [log.with_suffix(end).read_text(errors="replace") for end in (".out", ".err")]
            ended.append(Ended(status, *texts))
        return ended


def _run(
    arguments: list[str],
    log: Path,
    start: int,
    cwd: Path | None,
    environment: dict[str, str],
    before: Callable[[], None],
) -> None:
    """Run one command in this process, which is a fork, and end it."""
    status = 99
    try:
        for descriptor, name, end in ((1, "stdout", ".out"), (2, "stderr", ".err")):
            os.dup2(os.open(log.with_suffix(end), os.O_WRONLY | os.O_CREAT, 0o600), descriptor)
            setattr(sys, name, os.fdopen(descriptor, "w", closefd=False))
        os.environ.update(environment)
        tempfile.tempdir = None
        sys.argv = ["customs-kit", *arguments]
        if cwd is not None:
            os.chdir(cwd)
        before()
        os.read(start, 1)  # ends when the parent closes the pipe
        main()
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)
