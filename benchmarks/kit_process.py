"""Commands of the kit as processes that are watched."""

from __future__ import annotations

import sys
from pathlib import Path

_KIB_A_MIB = 1024


def customs_kit(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from customs_kit.cli import main; main()", *arguments]


def resident(pid: int) -> tuple[int, int]:
    """Resident and anonymous MiB of a process."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    held = dict(line.split(":", 1) for line in status if ":" in line)
    whole, anonymous = (int(held[name].split()[0]) for name in ("VmRSS", "RssAnon"))
    return whole // _KIB_A_MIB, anonymous // _KIB_A_MIB
