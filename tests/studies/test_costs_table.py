from __future__ import annotations

from customs_baselines.experiments.result_rows import Results
from studies.costs_table import costs_table


def run(name, rate, cpu, memory, recipe="kit"):
    return {
        "edition": "e",
        "baseline": name,
        "recipe": recipe,
        "label_rate": rate,
        "erasure": "random",
        "transductive": name == "xgboost_graph",
        "cpu_seconds": cpu,
        "peak_memory_mib": memory,
    }


def test_models_are_in_order_of_their_cost_with_all_labels():
    runs = [
        run("xgboost_graph", 1.0, 20.0, 1500, None),
        run("xgboost", 1.0, 3.0, 300),
        run("xgboost", 1.0, 4.0, 400),
        run("xgboost", 0.1, 1.0, 200),
        run("xgboost", 0.02, 9.0, 900),
        run("xgboost", 1.0, 9.0, 900, "paper"),
        run("prior", 0.1, 7.0, 500, None),
    ]
    lines = costs_table(Results({"e": {"name": "practice"}}, runs, [])).splitlines()
    assert lines[2:5] == [
        "| `xgboost` | 3.5 | 1.0 | 350 | 200 |",
        "| `xgboost_graph` (transductive) | 20.0 | - | 1,500 | - |",
        "| `prior` | - | 7.0 | - | 500 |",
    ]
