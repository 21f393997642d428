from __future__ import annotations

import json
from importlib import resources

import pytest
from click.testing import CliRunner

from customs_data.errors import KitError
from customs_data.parallel import processes
from studies import worlds
from studies.script import save_results
from studies.worlds import measure_worlds
from studies.worlds_table import TARGETS, Target, main, read_worlds, worlds_table


def measured_worlds(*lookups):
    return {
        "configuration": "c",
        "version": "1",
        "n_declarations": 54_000,
        "seed": 1,
        "worlds": [{"lookup @5 %": lookup, "other": 1.0} for lookup in lookups],
    }


def test_the_table_gives_mean_standard_error_and_verdict():
    # Mean of .2 and .3 is .25; sd .0707, over sqrt(2) = .05.
    table = worlds_table(measured_worlds(0.2, 0.3))
    assert "| lookup @5 % | 0.2500 | 0.0500 | at most 0.3 | yes |" in table
    assert "| other | 1.0000 | 0.0000 |  |  |" in table
    assert "**no**" in worlds_table(measured_worlds(0.4, 0.5))


@pytest.mark.parametrize(
    ("target", "value", "holds", "words"),
    [
        (Target(0.1, 0.2), 0.1, True, "0.1 .. 0.2"),
        (Target(0.1, 0.2), 0.21, False, "0.1 .. 0.2"),
        (Target(None, 0.2), -5, True, "at most 0.2"),
        (Target(0.1, None), 0.09, False, "at least 0.1"),
    ],
)
def test_targets(target, value, holds, words):
    assert target.holds(value) == holds
    assert str(target) == words


def test_one_command_writes_the_table_into_several_documents(tmp_path):
    results = tmp_path / "worlds.json"
    save_results(measured_worlds(0.2, 0.3), results)
    documents = [tmp_path / "a.md", tmp_path / "b.md"]
    for document in documents:
        document.write_text("<!-- results:worlds -->\n<!-- /results -->\n")
    ran = CliRunner().invoke(main, [str(results), *(f"--write={path}" for path in documents)])
    assert (ran.exit_code, ran.output) == (0, "")
    table = worlds_table(read_worlds(results))
    for document in documents:
        assert document.read_text() == f"<!-- results:worlds -->\n{table}\n<!-- /results -->\n"
    assert CliRunner().invoke(main, [str(results)]).output == f"{table}\n"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"worlds": [{}]}', None])
def test_a_file_without_worlds_ends_the_script_with_one_sentence(tmp_path, text):
    path = tmp_path / "w.json"
    if text is not None:
        path.write_text(text)
    ran = CliRunner().invoke(main, [str(path)])
    assert ran.exit_code == 1
    assert ran.output.startswith("Error: ")
    assert any(words in ran.output for words in ("measured worlds", "is not JSON", "No such file"))


def test_one_world_is_no_measurement():
    with pytest.raises(KitError, match="two worlds"):
        measure_worlds("practice", n_worlds=1, seed=0)


def test_worlds_that_the_results_contain_are_not_measured_again(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(
        worlds, "measure_world", lambda blueprint, secret: {"a": done.append(secret)}
    )
    path = tmp_path / "w.json"
    measure_worlds("practice", n_worlds=2, seed=5, path=path)
    measured = measure_worlds("practice", n_worlds=4, seed=5, path=path)
    assert measured["worlds"] == [{"a": None}] * 4
    assert len(done) == len(set(done)) == 4
    assert json.loads(path.read_text()) == measured
    with pytest.raises(KitError, match="another configuration"):
        measure_worlds("practice", n_worlds=4, seed=6, path=path)


@pytest.mark.slow
def test_every_target_is_a_row_of_the_table(tmp_path):
    shipped = resources.files("customs_data").joinpath("configurations/practice.toml")
    small = shipped.read_text().replace("n_declarations = 54000", "n_declarations = 4000")
    (tmp_path / "small.toml").write_text(small)
    config = str(tmp_path / "small.toml")
    measured = measure_worlds(config, n_worlds=2, seed=0)
    assert set(TARGETS) <= set(measured["worlds"][0])
    with processes(2) as executor:
        again = measure_worlds(config, n_worlds=2, seed=0, executor=executor)
    assert again == measured
