from __future__ import annotations

import json
from pathlib import Path

import pytest

from customs_data.errors import KitError
from customs_scorer.metrics.networks import METRICS
from studies.tasks.networks import measure_worlds
from studies.tasks.networks_table import best_in_world, networks_tables

ROOT = Path(__file__).parents[2]
SMALL = {"n_worlds": 2, "seed": 1, "n_declarations": 1_500}


def test_what_is_measured_is_not_measured_again(tmp_path):
    path, steps = tmp_path / "networks.json", []
    measure_worlds(**SMALL, path=path, models=("alone",), on_step=steps.append)
    assert steps == ["world 1: oracle", "world 1: alone", "world 2: oracle", "world 2: alone"]
    measured = measure_worlds(**SMALL, path=path, models=("alone", "rule"), on_step=steps.append)
    assert steps[4:] == ["world 1: rule", "world 2: rule"]
    assert json.loads(path.read_text()) == measured
    for world in measured["worlds"]:
        value = {name: it["bcubed_f1"] for name, it in world["models"].items()}
        assert value["oracle"] > 0.8 > value["rule"] > value["alone"]
        assert world["facts"]["in networks, Private"] > 20
    with pytest.raises(KitError, match="another configuration"):
        measure_worlds(**(SMALL | {"seed": 2}), path=path, models=("alone",))
    tables = networks_tables(measured)
    assert "| `rule` |" in tables[""]
    assert best_in_world(measured["worlds"]) == "rule"
    assert [line.split(" | ")[0] for line in tables["-targets"].splitlines()[2:-2]] == ["| oracle"]


def world_of(rule, memberships, transfer):
    def model(value):
        return {metric.name: value for metric in METRICS.all} | {"cpu_seconds": 1.0}

    names = {"oracle": 0.95, "rule": rule, "memberships": memberships, "transfer": transfer}
    models = {name: model(value) for name, value in names.items()}
    return {"models": models, "facts": {"importers": 10.0}, "audit": {"IDs": 0.01}}


def test_targets_are_paired_differences():
    measured = {
        "configuration": "networks",
        "version": "2",
        "n_declarations": 54_000,
        "seed": 1,
        "worlds": [world_of(0.4, 0.7, 0.68), world_of(0.5, 0.8, 0.76)],
    }
    lines = networks_tables(measured)["-targets"].splitlines()
    # .30 and .30; .02 and .04, whose mean is below .05.
    assert lines[2].startswith("| `memberships` over `rule` | 0.300 | 0.300 .. 0.300 |")
    assert lines[2].endswith("| yes |")
    assert lines[3].startswith("| `memberships` over `transfer` | 0.030 |")
    assert lines[3].endswith("| **no** |")
