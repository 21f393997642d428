"""Watching a model's process: its output, its steps and its time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Final

from customs_data.child_processes import ChildProcess

_POLL_S: Final = 0.1


@dataclass(frozen=True)
class Watch:
    """What to do while a model trains.

    Attributes
    ----------
    time_limit : float or None
        Seconds after which a training is ended.
    on_output : callable or None
        Called with each whole line that the model prints, without its end.
    on_step : callable or None
        Called with the current step of a long training, ``""`` for none. Models report it with
        `customs_baselines.steps.step`. With `on_output`, a line that the model writes over again
        and again, such as tqdm's, is a step, too.
    """

    time_limit: float | None = None
    on_output: Callable[[str], None] | None = None
    on_step: Callable[[str], None] | None = None

    def wait(self, child: ChildProcess, log: Path, step_file: Path) -> int | None:
        """Wait for the child; return its exit status, or None if its time was over.

        Parameters
        ----------
        child : ChildProcess
            Writes its output to `log`.
        log, step_file : path
            Read while the child runs.
        """
        if self == Watch():
            return child.process.wait()
        deadline = None if self.time_limit is None else time.monotonic() + self.time_limit
        lines = _NewLines(log)
        step = ""
        while True:
            status = None
            with suppress(TimeoutExpired):
                status = child.process.wait(_POLL_S)
            if self.on_output is not None:
                for line in lines.read(is_last=status is not None):
                    self.on_output(line)
            if self.on_step is not None:
                new = _read_text(step_file)
                if self.on_output is not None:
                    new = lines.written_over or new
                if new != step:
                    step = new
                    self.on_step(step)
            if status is not None:
                return status
            if deadline is not None and time.monotonic() > deadline:
                return None


class _NewLines:
    """Lines that are appended to a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = path.stat().st_size
        self.rest = b""

    def read(self, *, is_last: bool) -> list[str]:
        """Return the lines since the last call; at the end also a line without its end."""
        with self.path.open("rb") as stream:
            stream.seek(self.position)
            new = stream.read()
        self.position += len(new)
        *lines, self.rest = (self.rest + new).split(b"\n")
        if is_last and self.rest:
            lines.append(self.rest)
        return [_last_state(line) for line in lines]

    @property
    def written_over(self) -> str:
        """Current state of a line that is being written over, or ``""``."""
        return _last_state(self.rest) if b"\r" in self.rest else ""


def _last_state(line: bytes) -> str:
    """Return what a terminal shows of a line with carriage returns."""
    return line.rstrip(b"\r").rpartition(b"\r")[2].decode("utf-8", "replace")


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:  # no step yet
        return ""
