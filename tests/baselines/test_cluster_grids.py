"""Grids and seasons on a cluster: the same results as on one machine."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from customs_kit.cli import customs_kit

GRID = """
[[editions]]
seeds = [1, 2]
rows = 400

[[editions]]
path = "sample"

[[runs]]
models = ["lookup", "my_model.py:Constant"]
"""
MODEL = """
import numpy as np

class Constant:
    def fit(self, X, y):
        pass

    def predict_proba(self, X):
        score = X["Item Price"].rank(pct=True).to_numpy()
        return np.column_stack([1 - score, score])
"""
_COSTS = {"seconds", "cpu_seconds", "peak_memory_mib"}


def kit(*arguments):
    ran = CliRunner().invoke(customs_kit, list(map(str, arguments)))
    assert ran.exit_code == 0, ran.output + str(ran.exception)
    return ran.stdout


def without_costs(value):
    if isinstance(value, dict):
        return {name: without_costs(it) for name, it in value.items() if name not in _COSTS}
    return [without_costs(it) for it in value] if isinstance(value, list) else value


@pytest.mark.slow
def test_a_grid_has_the_same_results(sample_path, tmp_path, monkeypatch):
    (tmp_path / "grid.toml").write_text(GRID)
    (tmp_path / "my_model.py").write_text(MODEL)
    (tmp_path / "sample").symlink_to(sample_path)
    monkeypatch.chdir(tmp_path)
    kit("baseline", "table", "grid.toml", "--results", "alone.json", "--workers", 1)
    kit("baseline", "table", "grid.toml", "--results", "together.json", "--cluster", "local:2")
    alone, together = (
        json.loads((tmp_path / f"{name}.json").read_text()) for name in ("alone", "together")
    )
    assert len(alone["runs"]) == 6
    assert without_costs(together) == without_costs(alone)
    assert {path.name for path in tmp_path.iterdir()} == {
        "grid.toml", "my_model.py", "sample", "alone.json", "together.json",
    }  # fmt: skip


@pytest.mark.slow
def test_seasons_are_played_alike(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["random", "risk_profile", "--worlds", 2, "--weeks", 4, "--rows", 4_000, "--json"]
    alone = kit("inspection", "run", *options, "--threads", 1, "--out", "alone")
    together = kit("inspection", "run", *options, "--cluster", "local:2", "--out", "together")
    records = json.loads(alone)
    assert len(records) == 4
    assert without_costs(json.loads(together)) == without_costs(records)
    for path in (tmp_path / "alone").rglob("inspections.csv"):
        other = tmp_path / "together" / path.relative_to(tmp_path / "alone")
        assert other.read_bytes() == path.read_bytes()
    again = kit("inspection", "run", *options, "--cluster", "local:2", "--out", "together")
    assert json.loads(again) == json.loads(together)
