"""Command lines of the kit, and the memory of processes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_KIB_PER_MIB = 1024
_SAMPLES_PER_SECOND = 5


def customs_kit(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from customs_kit.cli import main; main()", *arguments]


def make_nation(out: Path, rows: int, file_format: str) -> None:
    """Make an edition of national trade, on all processors."""
    world = ["--config", "national", "--rows", str(rows), "--seed", "1", "--format", file_format]
    workers = ["--workers", str(os.cpu_count() or 1)]
    generate = customs_kit("data", "generate", *world, *workers, "--out", str(out))
    subprocess.run(generate, check=True, stdout=subprocess.DEVNULL)


def resident(pid: int) -> tuple[int, int]:
    """Return resident and anonymous MiB of a process."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in status if ":" in line)
    total, anonymous = (int(fields[name].split()[0]) for name in ("VmRSS", "RssAnon"))
    return total // _KIB_PER_MIB, anonymous // _KIB_PER_MIB


def descendants(pid: int) -> Iterator[int]:
    """Yield a process and all that it has started, directly or not."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from descendants(int(child))


def memory_of_all(pid: int) -> int:
    """Return the MiB of a process and its descendants; shared pages count once in the sum (PSS)."""
    total = 0
    for one in list(descendants(pid)):
        with contextlib.suppress(OSError):  # it has just ended
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total // _KIB_PER_MIB


@dataclass(frozen=True)
class GroupCost:
    """What a command and all its processes cost."""

    seconds: float
    cpu_seconds: float
    peak_mib: int
    output: str


def measure_group(command: list[str], environment: dict[str, str] | None = None) -> GroupCost:
    """Run a command; its standard output is returned.

    CPU seconds are those of all processes that have ended with the command; the peak is that of the
    sum of their PSS.
    """
    start, peak = time.perf_counter(), 0
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        with contextlib.suppress(OSError):  # it may just be ending
            peak = max(peak, memory_of_all(process.pid))
        time.sleep(1 / _SAMPLES_PER_SECOND)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}.")
    seconds = time.perf_counter() - start
    cpu = usage.ru_utime + usage.ru_stime
    return GroupCost(seconds, cpu, peak, process.stdout.read())
