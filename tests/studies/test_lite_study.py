from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from studies.lite_study import LABEL_RATES, lite_table, main, measure_worlds


@pytest.mark.training
def test_worlds_are_measured_once_and_sql_agrees(tmp_path, monkeypatch):
    monkeypatch.setattr("studies.lite_study.LABEL_RATES", (1.0, 0.2))
    path = tmp_path / "lite.json"
    settings = {"seed": 1, "n_declarations": 1500, "path": path}
    first = measure_worlds(n_worlds=1, **settings)
    both = measure_worlds(n_worlds=2, **settings)
    assert both["worlds"][0] == first["worlds"][0]
    assert json.loads(path.read_text()) == both
    for world in both["worlds"]:
        assert set(world) == {"1", "0.2"}
        assert all(row["differently in SQL"] == 0 for row in world.values())
    table = lite_table(both)
    assert table.count("\n| ") == 1 + 2
    assert "differently from the model: 0." in table


def test_the_table_says_where_the_target_is_missed():
    worlds = [
        {f"{rate:g}": {"lite": 0.5, "risk_profile": 0.5 + loss, "rules": 3, "values": 9}
         | {"differently in SQL": 0} for rate in LABEL_RATES}
        for loss in (0.04, 0.03)
    ]  # fmt: skip
    facts = {"seed": 1, "configuration": "practice", "version": 2, "n_declarations": 1500}
    assert lite_table({"worlds": worlds} | facts).count("**no**") == len(LABEL_RATES)


def test_a_file_without_worlds_is_refused(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("{}")
    ran = CliRunner().invoke(main, ["--out", str(path), "--check", str(path)])
    assert ran.exit_code == 1
    assert "does not contain measured worlds" in ran.output
