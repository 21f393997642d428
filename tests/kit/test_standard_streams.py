from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from customs_kit.terminal.standard_streams import end_with

needs_dev_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
COMMANDS = (["--help"], ["--version"], ["baseline", "list"], ["baseline", "list", "--json"])
FULL = "Error: Standard output cannot be written: No space left on device.\n"
CLOSED = "Error: Standard output is closed. Redirect it to a file, or to /dev/null.\n"


def shell(redirected, *arguments):
    """Run `customs-kit` in a shell, with its streams redirected."""
    kit = f"{sys.executable} -c 'from customs_kit.cli import main; main()' {' '.join(arguments)}"
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {kit} {redirected}"],
        capture_output=True,
        text=True,
        check=False,
    )


@needs_dev_full
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_full_standard_output_is_one_sentence(arguments):
    ran = shell("> /dev/full", *arguments)
    assert (ran.returncode, ran.stderr) == (1, FULL)


@pytest.mark.parametrize("arguments", COMMANDS[:2], ids=" ".join)
def test_a_closed_standard_output_is_one_sentence(arguments):
    ran = shell(">&-", *arguments)
    assert (ran.returncode, ran.stderr) == (1, CLOSED)


def test_no_file_becomes_standard_output(tmp_path):
    # Without a check, secret.json would be opened as descriptor 1.
    assert (
        shell(">&- 2>&-", "data", "secret", "--out", str(tmp_path / "secret.json")).returncode == 1
    )
    assert list(tmp_path.iterdir()) == []
    shown = shell("2>&-", "data", "secret", "--out", str(tmp_path / "secret.json"))
    assert shown.returncode == 0
    assert (tmp_path / "secret.json").read_text().startswith("{")
    assert shell("2>&-", "data", "secret").stdout == ""  # the error has no place


def test_a_reader_that_has_enough_is_no_error():
    ran = shell("| head -1", "baseline", "list")
    assert ran.stderr == ""
    assert len(ran.stdout.splitlines()) == 1


@needs_dev_full
def test_full_standard_error_is_still_exit_1():
    assert shell("2> /dev/full", "data", "describe", "nowhere").returncode == 1


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(28, "", "/x/y.csv"), "/x/y.csv cannot be read or written: No space left"),
        (OSError(28, "", b"/x/\xbc"), "/x/\udcbc cannot be read or written: No space left"),
        (OSError(5, ""), "A file cannot be read or written: Input/output error"),
        (OSError("short write"), "A file cannot be read or written: short write."),
    ],
)
def test_an_error_of_a_file_names_it(error, message, monkeypatch, tmp_path):
    with (tmp_path / "err").open("w", errors="surrogateescape") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with pytest.raises(SystemExit) as ended:
            end_with(error)
    assert ended.value.code == 1
    assert os.fsencode(f"Error: {message}") in (tmp_path / "err").read_bytes()
