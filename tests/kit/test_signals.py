"""SIGTERM and SIGHUP end a command as Ctrl-C does; exit status and clean-up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

WAITING = """
import signal, sys, threading
from customs_kit.signals import signals_end_in_order
# Not as they were inherited: nohup ignores SIGHUP, and a shell SIGINT in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_IGN if sys.argv[1:] else signal.SIG_DFL)
with signals_end_in_order():
    try:
        print("ready", flush=True)
        threading.Event().wait()
    finally:
        print("cleaned up")
"""
MODEL = """
import subprocess

class M:
    def fit(self, X, y):
        subprocess.Popen(["sleep", "1000"])
        print("training")
        while True: pass
    def predict_proba(self, X): pass
"""


def start(*command, **options):
    return subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        **options,
    )  # fmt: skip


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_aborts_in_order(name, status):
    process = start("-c", WAITING)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(getattr(signal, name))
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (status, "cleaned up\n", "Aborted!\n")


def test_an_ignored_signal_stays_ignored():
    process = start("-c", WAITING, "ignore")
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (143, "cleaned up\n")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_no_model_outlives_its_command(sample_path, tmp_path, number, status):
    (tmp_path / "my_model.py").write_text(MODEL)
    (tmp_path / "scratch").mkdir()
    process = start(
        "-c", "from customs_kit.cli import main; main()", "baseline", "run", "my_model.py",
        "--edition", sample_path, "--out", "runs", "--verbose",
        cwd=tmp_path, env={**os.environ, "TMPDIR": str(tmp_path / "scratch")},
    )  # fmt: skip
    # The model and what it started hold the log's file open, but not these pipes.
    assert process.stderr.readline() == "training\n"
    children = descendants(process.pid)
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (status, "")
    assert len(children) >= 3  # model, watcher, sleep
    for child in children:
        wait_until_gone(child)
    if number == signal.SIGTERM:
        assert errors == "\nAborted!\n"
        assert list((tmp_path / "scratch").iterdir()) == []
        assert list((tmp_path / "runs").iterdir()) == []


def descendants(pid):
    """Return the processes below one, by `ps`, which Linux and macOS have."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    pairs = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    below, new = set(), {pid}
    while new:
        new = {child for child, parent in pairs if parent in new} - below
        below |= new
    return below


def wait_until_gone(pid):
    while True:
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True
        ).stdout.strip()
        if not state or state.startswith("Z"):  # a zombie has ended
            return
