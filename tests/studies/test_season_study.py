"""The table of strategies over worlds."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from customs_baselines.season.comparison import compare_strategies
from studies.seasons.study import main, season_table


def record(strategy, world, precision, *, reference=False):
    return {
        "strategy": strategy, "reference": reference, "world": world, "seed": 0, "error": "",
        "precision": precision, "recall": 0.1, "norm_precision": precision,
        "capped_revenue_recall": 0.2, "revenue_recall": 0.3, "cpu_seconds": 3.0,
        "first_quarter": {"precision": 0.4}, "last_quarter": {"precision": 0.6},
    }  # fmt: skip


RECORDS = [
    record(name, world, precision + shift, reference=name in ("oracle", "everything"))
    for world, shift in (("steady-1", 0.0), ("steady-2", 0.04))
    for name, precision in (
        ("exploit", 0.5),
        ("hybrid", 0.48),
        ("oracle", 0.9),
        ("everything", 0.7),
    )
]


def grid(records):
    return {"season": "steady", "rate": 0.05, "n_declarations": 54_000, "seasons": records}


def test_the_table_is_generated_from_the_results_alone(tmp_path):
    results, page = tmp_path / "season.json", tmp_path / "page.md"
    results.write_text(json.dumps({"grids": {"season": grid(RECORDS)}}))
    page.write_text("Before\n<!-- results:season -->\n<!-- /results -->\nAfter\n")
    arguments = ["--only-table", "--out", str(results), "--write", str(page)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    written = page.read_text()
    assert (
        "| `exploit` | 0.520 ± 0.020 | - | 0.600 | 0.200 | 0.300 | 0.200 | 0.200 | - | 3.0 |"
        in written
    )
    assert "| `hybrid` | 0.500 ± 0.020 | -0.020 (-0.020 .. -0.020) |" in written
    assert written.index("`hybrid`") < written.index("`oracle` (reference)")
    assert "2 steady worlds of 54,000 declarations" in written


def test_what_exploring_cost_and_what_was_detected_has_a_table_of_its_own():
    account = {"gain": 0.01, "cost": 0.03, "marginal_yield": 0.4, "base_rate": 0.1}
    outbreaks = [{"weeks": 2, "detected_week": 5}, {"weeks": 9, "detected_week": None}]
    known = [
        one | ({"exploration": account} if one["strategy"] == "hybrid" else {})
        for one in RECORDS
        if one["strategy"] in ("exploit", "hybrid")
    ]
    known += [record("passive", world, 0.6, reference=True) for world in ("steady-1", "steady-2")]
    known = [one | {"detection": outbreaks} for one in known]
    text = season_table(grid(known))
    assert "| `hybrid` | +0.010 | +0.030 | 0.400 | 0.100 | 0.50 | 2 |" in text
    assert "| `exploit` | - | - | - | - | 0.50 | 2 |" in text
    assert "Labels drawn by lot instead of those that exploit chooses: +0.080" in text


def test_one_world_has_no_interval():
    records = [one for one in RECORDS if one["world"] == "steady-1"]
    alone = compare_strategies(records)
    assert {it.error for it in alone} == {None}
    assert "±" not in season_table(grid(records)).splitlines()[2]
    assert alone[0].difference is None
    assert alone[1].difference == pytest.approx(-0.02)
