from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from customs_baselines.catalogue import list_baselines
from customs_baselines.experiments.markdown_tables import put_table
from customs_data.errors import KitError
from customs_scorer.metrics import metrics_of
from studies.tasks.commands import read_measures
from studies.tasks.hs6 import measure_worlds
from studies.tasks.hs6_table import hs6_tables, main

ROOT = Path(__file__).parents[2]


def test_what_is_measured_is_not_measured_again(tmp_path):
    path, steps = tmp_path / "hs6.json", []
    small = {"n_worlds": 1, "seed": 1, "n_declarations": 2_000, "path": path}
    measure_worlds(**small, models=("mode",), on_step=steps.append)
    assert steps == [
        f"world 1: {name}" for name in ("entity-free", "look-ups", "agent oracle", "mode")
    ]
    measured = measure_worlds(**small, models=("mode", "mixture"), on_step=steps.append)
    assert steps[4:] == ["world 1: mixture"]
    assert json.loads(path.read_text()) == measured
    (world,) = measured["worlds"]
    top_1 = {name: values["top_1"] for name, values in world.items() if "top_1" in values}
    assert top_1["agent oracle"] > 0.85 > top_1["mixture"] > top_1["entity-free"] > top_1["mode"]
    mixture = world["mixture"]
    unseen = mixture["share unseen"]
    assert mixture["top_1"] == pytest.approx(
        unseen * mixture["top_1 unseen"] + (1 - unseen) * mixture["top_1 seen"]
    )
    with pytest.raises(KitError, match="another configuration"):
        measure_worlds(**(small | {"seed": 2}), models=("mode",))


def made_up(graph, ranker):
    """A world with the same values of all rows, except two on unseen importers."""
    values = {metric.name: 0.55 for metric in metrics_of("hs6").all}
    values |= {"top_1 seen": 0.8, "top_1 unseen": 0.3, "share unseen": 0.4, "cpu_seconds": 1.0}
    values |= {"misdeclared": 0.01, "misdeclared AP": 0.1, "misdeclared @5 %": 0.1}
    names = [*(it.name for it in list_baselines("hs6")), "entity-free", "agent oracle"]
    world = {name: dict(values) for name in names}
    world["graph"]["top_1 unseen"], world["ranker"]["top_1 unseen"] = graph, ranker
    world["look-ups"] = dict.fromkeys(
        ("best on three columns", "exact Net Mass", "exact Item Price"), 0.1
    ) | {"neighbours by ID": 0.0, "neighbours in a day": 0.0}
    return world


@pytest.mark.parametrize(("graph", "holds"), [(0.40, "yes"), (0.32, "**no**")])
def test_tables_say_what_holds(graph, holds):
    head = {"seed": 1, "configuration": "c", "version": "2", "n_declarations": 54_000}
    tables = hs6_tables(head | {"worlds": [made_up(graph, 0.3), made_up(graph + 0.02, 0.3)]})
    (row,) = (line for line in tables["hs6_bars"].splitlines() if "unseen importers" in line)
    assert row.endswith(f"| at least 0.05 | {holds} |")
    assert "`graph` (transductive)" in tables["hs6"]
    assert "`profile_bayes` (simulator)" in tables["hs6"]
    assert "1.00% are misdeclared" in tables["hs6_corrections"]


def test_tables_go_into_documents(tmp_path):
    results, document = tmp_path / "hs6.json", tmp_path / "HS6.md"
    head = {"seed": 1, "configuration": "c", "version": "2", "n_declarations": 54_000}
    results.write_text(json.dumps(head | {"worlds": [made_up(0.4, 0.3)] * 2}))
    names = ("hs6", "hs6_bars", "hs6_corrections")
    document.write_text("".join(f"<!-- results:{it} -->\n<!-- /results -->\n" for it in names))
    call = [str(results), "--write", str(document)]
    assert "differs from its results" in CliRunner().invoke(main, [*call, "--check"]).output
    assert CliRunner().invoke(main, call).exit_code == 0
    assert CliRunner().invoke(main, [*call, "--check"]).exit_code == 0
    results.write_text("{}")
    with pytest.raises(KitError, match="two measured worlds"):
        read_measures(results)


def test_the_page_has_the_tables_of_its_results():
    measured = read_measures(ROOT / "baselines" / "results" / "hs6.json")
    for name, table in hs6_tables(measured).items():
        put_table(ROOT / "baselines" / "HS6.md", name, table, check=True)
