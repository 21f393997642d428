"""The load benchmark of seasons runs: small worlds, one kill, nothing lost."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from customs_baselines.experiments.markdown_tables import put_table

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


def test_the_table_is_that_of_the_results(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    row = json.loads((ROOT / "leaderboard/results/season_load.json").read_text())
    assert (row["teams"], row["weeks"], row["rows"]) == (50, 52, 54_000)
    assert (row["steps"], row["kills"]) == (2600, 10)
    assert row["lost"] == row["applied_twice"] == 0
    table = import_module("season_load").table_of(row)
    put_table(ROOT / "leaderboard/README.md", "season_load", table, check=True)
