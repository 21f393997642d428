"""What only Linux has is guarded: the same code on macOS, as far as Linux can show it."""

from __future__ import annotations

import ast
import os
import resource
import sys

import pytest

from customs_baselines.running.runner import n_processors
from customs_baselines.running.train_job import _peak_memory_mib
from customs_data.child_processes import end_with_parent
from customs_data.errors import KitError
from customs_leaderboard.service.serving import allow_open_files
from test_house import PACKAGES, files

#: Names of the standard library and of libc that macOS lacks.
LINUX_ONLY = {
    "sched_getaffinity", "sched_setaffinity", "prctl", "epoll", "memfd_create", "posix_fadvise",
    "posix_fallocate", "pidfd_open", "copy_file_range", "splice", "O_TMPFILE", "O_PATH",
    "getrandom", "process_cpu_count", "inotify_init", "fdatasync", "eventfd",
}  # fmt: skip


def guarded(tree):
    """Lines inside an if, a conditional expression or a try that asks for the platform."""
    lines = set()
    for node in ast.walk(tree):
        asks = isinstance(node, ast.If | ast.IfExp) and (
            "platform" in ast.unparse(node.test) or "hasattr" in ast.unparse(node.test)
        )
        if asks:
            lines |= set(range(node.lineno, node.end_lineno + 1))
    return lines


def test_what_macos_lacks_is_used_behind_a_question_only():
    n_uses = 0
    for path in files(PACKAGES, ".py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        uses = [
            node.lineno
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr in LINUX_ONLY
        ]
        n_uses += len(uses)
        assert set(uses) <= guarded(tree), path
    assert n_uses >= 2


class TestOnMacOS:
    def test_processors_are_counted(self, monkeypatch):
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)
        assert n_processors() == os.cpu_count()

    def test_memory_is_counted_in_bytes(self, monkeypatch):
        on_linux = _peak_memory_mib()
        monkeypatch.setattr(sys, "platform", "darwin")
        assert _peak_memory_mib() == pytest.approx(on_linux / 1024, rel=0.2)

    def test_no_kernel_ends_a_child(self, monkeypatch):
        monkeypatch.setattr(sys, "platform", "darwin")
        monkeypatch.setattr("customs_data.child_processes.ctypes.CDLL", None)
        end_with_parent(os.getppid())

    def test_a_limit_of_open_files_that_the_kernel_refuses_is_one_sentence(self, monkeypatch):
        """On macOS the hard limit is infinite, and more than kern.maxfilesperproc are refused."""
        infinite = resource.RLIM_INFINITY

        def refuse(*_):
            raise ValueError("current limit exceeds maximum limit")

        monkeypatch.setattr(resource, "getrlimit", lambda kind: (256, infinite))
        monkeypatch.setattr(resource, "setrlimit", refuse)
        with pytest.raises(KitError, match="the system refuses"):
            allow_open_files(100_000)
