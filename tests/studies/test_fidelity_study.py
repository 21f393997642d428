from __future__ import annotations

import json

import pandas as pd
import pytest

from customs_data.errors import KitError
from customs_data.fidelity.measure import measure_fidelity
from customs_data.fidelity.sides import Side
from customs_scorer.fidelity_judges import JUDGES
from made_up import make_sample
from studies import fidelity_study
from studies.fidelity_study import (
    TARGETS,
    draw_independently,
    measure_study,
    read_study,
    study_table,
    summarize,
)


@pytest.fixture(scope="module")
def results():
    source, *worlds = (
        Side(str(seed), pd.concat(make_sample(240, seed).values(), ignore_index=True))
        for seed in (1, 2, 3)
    )
    reports = [
        summarize(measure_fidelity(source, table, more=JUDGES))
        for table in (*worlds, draw_independently(source))
    ]
    return {
        "configuration": "practice",
        "version": 1,
        "n_declarations": 240,
        "seeds": [2, 3],
        "worlds": reports[:2],
        "independent": reports[2],
    }


def test_the_table_holds_means_targets_and_what_gives_worlds_away(results):
    table = study_table(results)
    for name in TARGETS:
        values = [world["quality"][name] for world in results["worlds"]]
        row = next(line for line in table.splitlines() if line.startswith(f"| {name} |"))
        assert f"| {sum(values) / 2:.4f} |" in row
        assert ("**no**" in row) == (sum(values) / 2 < TARGETS[name])
    assert "mean at n = 120 | half-split reference" in table
    assert "| two-sample AUC without entity IDs |" in table
    assert "copied six-tuples" in table
    for line in table.splitlines():
        assert not line.startswith("|") or line.endswith("|"), line


def test_a_column_drawn_by_itself_keeps_its_values():
    source = Side("s", pd.concat(make_sample(240, 1).values(), ignore_index=True))
    drawn = draw_independently(source).frame
    assert list(drawn) == list(source.frame)
    assert (drawn.dtypes == source.frame.dtypes).all()
    for name in drawn:
        assert set(drawn[name].dropna()) <= set(source.frame[name].dropna())


def test_results_are_read_whole_or_refused(results, tmp_path):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(results, allow_nan=False))
    assert read_study(path) == results
    path.write_text('{"worlds": []}')
    with pytest.raises(KitError, match="does not contain results of `make fidelity`"):
        read_study(path)


def test_worlds_that_the_results_contain_are_not_compared_again(tmp_path, monkeypatch):
    done = []

    def compare(source, world, *, more):
        done.append(world.name)
        return world.name

    monkeypatch.setattr(fidelity_study, "measure_fidelity", compare)
    monkeypatch.setattr(fidelity_study, "summarize", lambda report: {"name": report})
    source = Side("s", pd.concat(make_sample(240, 1).values(), ignore_index=True))
    path = tmp_path / "f.json"

    def stop(name):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_study(source, seeds=(1, 2), path=path, on_world=stop)
    results = measure_study(source, seeds=(1, 2), path=path)
    assert done == ["world 1", "world 2", "columns drawn independently"]
    assert [world["name"] for world in results["worlds"]] == done[:2]
    assert json.loads(path.read_text()) == results
    with pytest.raises(KitError, match="another configuration"):
        measure_study(source, seeds=(1, 3), path=path)
