"""Standard output and standard error: closed, full, or without Unicode."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, Final, NoReturn

from customs_data.errors import KitError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STDOUT: Final = 1
_LAST: Final = 2  # descriptor of standard error


class _OutputError(OSError):
    """Standard output cannot be written."""


class _Output(io.FileIO):
    """Standard output; its errors can be told from those of files."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:  # the reader, such as `head`, has what it wants
            raise
        except OSError as error:
            raise _OutputError(error.errno, error.strerror) from None


def prepare_streams() -> None:
    """Let characters that a terminal lacks become question marks, and errors have a name.

    Raises
    ------
    KitError
        If standard output is closed.
    """
    is_closed = sys.stdout is None
    # Otherwise the next file that is opened would become standard output or standard error.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _LAST:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(io.BufferedWriter(io.FileIO(_LAST, "wb", closefd=False)))
    if is_closed:
        raise KitError("Standard output is closed. Redirect it to a file, or to /dev/null.")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_Output(_STDOUT, "wb", closefd=False)),
            encoding=sys.stdout.encoding,
            errors="replace",
            line_buffering=sys.stdout.line_buffering,
        )
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="replace")


def end_with(error: KitError | OSError) -> NoReturn:
    """Print an error in one sentence and end with exit status 1; a broken pipe is silent."""
    if isinstance(error, BrokenPipeError | _OutputError):
        _drop(_STDOUT)
    if not isinstance(error, BrokenPipeError):
        from customs_kit.terminal.output import say

        try:
            say(f"Error: {_message(error)}", err=True)
            sys.stderr.flush()
        except OSError:  # standard error is full, too
            _drop(_LAST)
    sys.exit(1)


def _drop(stream: int) -> None:
    """Send what is still in the buffer of a stream nowhere, so that Python can end in peace."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, stream)
    os.close(descriptor)


def _message(error: KitError | OSError) -> str:
    if isinstance(error, KitError):
        return str(error)
    reason = os.strerror(error.errno) if error.errno else str(error)
    if isinstance(error, _OutputError):
        return f"Standard output cannot be written: {reason}."
    if error.filename is None:
        return f"A file cannot be read or written: {reason}."
    return f"{os.fsdecode(error.filename)} cannot be read or written: {reason}."
