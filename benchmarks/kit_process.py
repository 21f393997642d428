"""Command lines of the kit, and the memory of a process."""

from __future__ import annotations

import sys
from pathlib import Path

_KIB_PER_MIB = 1024


def customs_kit(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from customs_kit.cli import main; main()", *arguments]


def resident(pid: int) -> tuple[int, int]:
    """Return resident and anonymous MiB of a process."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in status if ":" in line)
    total, anonymous = (int(fields[name].split()[0]) for name in ("VmRSS", "RssAnon"))
    return total // _KIB_PER_MIB, anonymous // _KIB_PER_MIB
