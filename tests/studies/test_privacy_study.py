"""What privacy costs: the study's table, and its parts on a small source."""

from __future__ import annotations

from pathlib import Path

import pytest

from customs_baselines.experiments.markdown_tables import put_table
from customs_baselines.experiments.results_file import read_json
from customs_data.errors import KitError
from customs_data.fidelity.quality import PUBLISHED
from studies.privacy import study
from studies.privacy.study import measure_study, run_command
from studies.privacy.table import privacy_table

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "baselines/results/privacy.json"


def cell(epsilon, value, first):
    ladder = {"lookup": first, "decision_tree": 0.5}
    world = {"quality": dict.fromkeys(PUBLISHED, value), "auc": 0.6, "ladder": ladder}
    attack = {"auc": 0.51, "standard_error": 0.01}
    return {
        "n": 54_000,
        "epsilon": epsilon,
        "costs": {"cpu_seconds": 3.0, "seconds": 4.0, "peak_memory_gib": 0.5},
        "worlds": [world, world],
        "attacks": [attack, attack],
        **({} if epsilon is None else {"ceiling": 0.55}),
    }


def test_the_table_compares_with_the_profile_without_privacy():
    cells = {
        "54000/none": cell(None, 0.9, 0.3),
        "54000/1.0": cell(1.0, 0.8, 0.6),
        "54000/0.5": {"n": 54_000, "epsilon": 0.5, "error": "Too few.", "attacks": []},
    }
    table = privacy_table({"n_worlds": 2, "n_rows": 54_000, "cells": cells})
    assert "| 54,000 | 1 | 3 | 4 | 0.5 |" in table
    eight = " | ".join(["0.800"] * 8)
    assert f"| 54,000 | 1 | 2 | {eight} | 0.600 | **no** |" in table
    assert "| 54,000 | none | 0.510 ± 0.010 | 0.510 ± 0.010 | - |" in table
    assert "| 54,000 | 0.5 | - | - | - |" in table
    assert "`decision_tree` 0.500, `lookup` 0.300." in table


@pytest.mark.slow
def test_a_study_that_was_stopped_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(study, "SIZES", {4_000: "practice"})
    monkeypatch.setattr(study, "_N_ROWS", 2_000)
    monkeypatch.setattr(study, "MODELS", ("lookup",))
    monkeypatch.setattr(study, "MIN_COUNT", 1)
    path = tmp_path / "privacy.json"
    parts = []
    arguments = {"sizes": (4_000,), "epsilons": (None, 0.01), "n_worlds": 1, "path": path}
    arguments["on_cell"] = parts.append
    results = measure_study(tmp_path / "keep", **arguments)
    assert "4000/none: world 0" in parts
    none, private = results["cells"].values()
    assert none["worlds"][0]["quality"]["KS complement"] > 0.8
    assert none["attacks"][1]["auc"] > 0.99
    assert "Raise epsilon" in private["error"]  # nothing is left with so little
    parts.clear()
    assert measure_study(tmp_path / "keep", **arguments) == results
    assert parts == []
    assert "| 4,000 | none |" in privacy_table(results)


def test_a_command_that_fails_says_why(tmp_path):
    with pytest.raises(KitError, match="No such file"):
        run_command(["data", "profile", str(tmp_path / "none.csv"), "--out", str(tmp_path / "x")])


def test_the_table_in_the_document_is_that_of_the_results():
    table = privacy_table(read_json(RESULTS))
    put_table(ROOT / "docs/PRIVACY.md", "privacy", table, check=True)
