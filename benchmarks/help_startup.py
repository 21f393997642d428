"""Time of `customs-kit --help` over that of `python -c "import click"` (goal: at most 1.5).

Both run in turn, so that a slow moment of the machine affects both. Prints the median of the
pairwise ratios.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

PAIRS = 21


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    kit = [str(Path(sys.executable).parent / "customs-kit"), "--help"]
    click = [sys.executable, "-c", "import click"]
    seconds(kit), seconds(click)  # warm the file cache
    pairs = [(seconds(kit), seconds(click)) for _ in range(PAIRS)]
    print(f"customs-kit --help      {1000 * median(a for a, _ in pairs):7.1f} ms (median)")
    print(f'python -c "import click" {1000 * median(b for _, b in pairs):6.1f} ms (median)')
    print(f"ratio                   {median(a / b for a, b in pairs):7.2f} (goal: at most 1.5)")


if __name__ == "__main__":
    main()
