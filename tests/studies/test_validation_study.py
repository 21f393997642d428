from __future__ import annotations

import json

import pytest

from customs_data.errors import KitError
from studies import validation_study
from studies.validation_study import SETTINGS, measure, validation_table


def run(world, setting, model, validation, public, private):
    parts = {"validation": validation, "public": public, "private": private}
    scores = {
        part: {"precision_at_5": value, "precision_at_10": 0.0} for part, value in parts.items()
    }
    names = {"world": world, "model": model, "recipe": None}
    return {**names, "label_rate": setting[0], "erasure": setting[1], **scores}


def test_the_table_is_arithmetic_that_can_be_checked_by_hand():
    runs = []
    for setting in SETTINGS:
        runs += [
            run(0, setting, "a", 0.80, 0.7, 0.60),
            run(1, setting, "a", 0.70, 0.7, 0.54),
            run(0, setting, "b", 0.50, 0.5, 0.50),
            run(1, setting, "b", 0.60, 0.5, 0.58),
        ]
    table = validation_table(runs)
    # a: differences -0.20 and -0.16; mean -0.18, sd 0.04 / sqrt(2) = 0.028, error 0.02; r = 1.
    assert "| 100% | `a` | 0.750 | 0.700 | 0.570 | -0.180 ± 0.020 | 0.028 | 1.00 |" in table
    # World 0: a is better on both. World 1: a on validation, b on Private.
    assert "100%: 1 of 2 (50%)" in table
    assert "10%, inspection: 1 of 2 (50%)" in table


def test_worlds_that_the_results_contain_are_not_measured_again(tmp_path, monkeypatch):
    done = []

    def measure_world(blueprint, own_model, index):
        done.append(index)
        return [run(index, SETTINGS[0], "a", 0.5, 0.5, 0.5)]

    monkeypatch.setattr(validation_study, "measure_world", measure_world)
    path = tmp_path / "v.json"
    measure("my.py:Model", 2, path)
    runs = measure("my.py:Model", 3, path)
    assert done == [0, 1, 2]
    assert [run["world"] for run in runs] == [0, 1, 2]
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": "0"}))
    with pytest.raises(KitError, match="another configuration"):
        measure("my.py:Model", 3, path)
    assert len(measure("my.py:Model", 1, path, fresh=True)) == 1
