"""The load benchmark of seasons runs: small worlds, one kill, nothing lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.process
def test_a_small_load_loses_nothing():
    command = [sys.executable, "season_load.py", "--teams", "3", "--rows", "2000", "--weeks", "4"]
    ran = subprocess.run(
        [*command, "--kills", "1", "--json"],
        cwd=ROOT / "benchmarks",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    row = json.loads(ran.stdout)
    assert (row["steps"], row["kills"]) == (12, 1)
    assert row["lost"] == row["applied_twice"] == 0
