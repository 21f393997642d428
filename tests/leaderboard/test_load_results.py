"""The README's table of the load benchmark is that of the results file."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

from customs_baselines.experiments.markdown_tables import put_table

ROOT = Path(__file__).parents[2]


def test_the_table_is_that_of_the_results(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    report = import_module("load_report")
    results = json.loads((ROOT / "leaderboard/results/load.json").read_text())
    assert set(results) == {"SQLite", "PostgreSQL"}
    for row in results.values():
        assert (row["teams"], row["stored_before"]) == (200, 10_000)
    put_table(ROOT / "leaderboard/README.md", "load", report.table_of(results), check=True)


def test_the_table_of_the_attack_is_that_of_the_results(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    report = import_module("load_report")
    results = json.loads((ROOT / "leaderboard/results/attack.json").read_text())
    for row in results.values():
        assert (row["attacking_connections"], row["silent_connections"]) == (24, 999)
        for load in ("undisturbed", "attacked"):
            assert row[load]["in_time"] == row["submissions"] == 600
            assert row[load]["late"] == row[load]["refused"] == 0
    put_table(ROOT / "leaderboard/README.md", "attack", report.attack_table_of(results), check=True)


def test_results_of_one_database_do_not_replace_the_others(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    report = import_module("load_report")
    results = json.loads((ROOT / "leaderboard/results/load.json").read_text())
    path = tmp_path / "load.json"
    report.save({**results["SQLite"], "teams": 7}, path)
    report.save(results["PostgreSQL"], path)
    assert report.save(results["SQLite"], path) == results == json.loads(path.read_text())


def test_one_database_makes_one_row(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    report = import_module("load_report")
    results = json.loads((ROOT / "leaderboard/results/load.json").read_text())
    assert report.table_of({"SQLite": results["SQLite"]}).count("\n") == 2
    with pytest.raises(KeyError):
        report.table_of({"SQLite": {}})
