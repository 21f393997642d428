"""Signals that end a command: SIGTERM and SIGHUP do what Ctrl-C does."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import click

#: SIGTERM is sent by `kill`, `timeout` and batch systems, SIGHUP by a terminal that is closed.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def signals_end_in_order() -> Iterator[None]:
    """Let signals raise KeyboardInterrupt, so that files and child processes are cleaned up.

    The exit status is then 128 plus the signal's number, as shells have it: 130 for Ctrl-C, 143
    for SIGTERM, 129 for SIGHUP. A signal that is ignored, as by `nohup`, stays ignored.
    """
    received: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        for name in _NAMES[1:]:  # batch systems send several, and once is enough
            _set(name, signal.SIG_IGN)
        raise KeyboardInterrupt

    for name in _NAMES:
        _set(name, interrupt)
    is_told = False
    try:
        yield
    except SystemExit:  # click has printed "Aborted!"
        is_told = True
        if not received:
            raise
    except BaseException:
        if not received:
            raise
    if received:
        if not is_told:
            with suppress(OSError):
                click.echo("Aborted!", err=True)
        sys.exit(128 + received[0])


def _set(name: str, handler: object) -> None:
    number = getattr(signal, name, None)  # Windows has no SIGHUP
    if number is not None and signal.getsignal(number) != signal.SIG_IGN:
        signal.signal(number, handler)  # type: ignore[arg-type]
