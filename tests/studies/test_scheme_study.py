from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from customs_baselines.catalogue import list_baselines
from customs_baselines.experiments.markdown_tables import put_table
from customs_data.errors import KitError
from customs_data.tasks import scheme
from customs_scorer.metrics import metrics_of
from studies.tasks.commands import read_measures
from studies.tasks.scheme import measure_worlds
from studies.tasks.scheme_table import main, scheme_tables

ROOT = Path(__file__).parents[2]


@pytest.fixture
def small(monkeypatch):
    """Worlds of the task may be tiny here."""
    monkeypatch.setattr(scheme, "TASK", replace(scheme.TASK, fewest_declarations=0))
    return {"n_worlds": 1, "seed": 1, "n_declarations": 3_000}


def test_what_is_measured_is_not_measured_again(small, tmp_path):
    path, steps = tmp_path / "scheme.json", []
    measure_worlds(**small, path=path, models=("random",), sizes={}, on_step=steps.append)
    settings = {"models": ("random", "prior"), "sizes": {1_000: 1}, "on_step": steps.append}
    measured = measure_worlds(**small, path=path, **settings)
    assert steps == ["world 1: random", "world 1: prior", "1,000 declarations: world 1"]
    assert json.loads(path.read_text()) == measured
    (world,) = measured["worlds"]
    assert set(world) == {"ceiling", "prior of the world", "chance", "random", "prior"}
    ranked = {name: values["mean_average_precision"] for name, values in world.items()}
    assert ranked["ceiling"] > ranked["prior of the world"] > ranked["chance"] > 0.01
    assert measure_worlds(**small, path=path, **settings) == measured
    assert len(steps) == 3
    with pytest.raises(KitError, match="another configuration"):
        measure_worlds(**(small | {"seed": 2}), path=path, **settings)


def made_up(first, second):
    """Two worlds with the same values of every model, and of those of one model."""
    values = {metric.name: 0.1 for metric in metrics_of("scheme").all}
    values |= {"standard_error": 0.01, "cpu_seconds": 1.0}
    names = [it.name for it in list_baselines("scheme")]
    worlds = []
    for score in (first, second):
        world = {name: dict(values) for name in (*names, "prior of the world")}
        for name, value in (("chance", 0.0), ("ceiling", 0.8), ("traces", score)):
            world[name] = values | {"mean_average_precision": value}
        worlds.append(world)
    size = {"standard_error": 0.025, "standard_error_of_rarest": 0.1, "fewest": 5.0}
    head = {"seed": 1, "configuration": "c", "version": "2", "n_declarations": 54_000}
    return head | {"worlds": worlds, "sizes": {"20000": [size, size | {"fewest": 15.0}]}}


def test_the_tables_say_how_far_a_model_is_on_the_way():
    # .3 and .5 of .8: ways .375 and .625, mean .5 with sd .1768, over sqrt(2) = .125.
    tables = scheme_tables(made_up(0.3, 0.5))
    row = "| `traces` (transductive) | 0.400 ± 0.100 | 0.500 ± 0.125 | 1 of 2 | 0.010 | 1.0 |"
    assert row in tables["scheme"]
    assert "| `traces` (transductive) | 0.100 |" in tables["scheme_violations"]
    row = "| 20,000 (the fewest of an edition) | 2 | 0.0250 | 0.100 | 10 (5) |"
    assert row in tables["scheme_sizes"]


def test_the_page_has_the_tables_of_its_study():
    measured = read_measures(ROOT / "baselines/results/scheme.json")
    for name, table in scheme_tables(measured).items():
        put_table(ROOT / "baselines/SCHEME.md", name, table, check=True)


def test_a_file_without_worlds_ends_the_script_with_one_sentence(tmp_path):
    path = tmp_path / "scheme.json"
    path.write_text("{}")
    ran = CliRunner().invoke(main, [str(path)])
    assert (ran.exit_code, "does not contain two measured worlds" in ran.output) == (1, True)
