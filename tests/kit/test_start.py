"""`customs-kit start`: what a new team gets works from the first command on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import customs_kit
from command_line import kit, run_blocks
from customs_data.edition.generating import make_practice_edition
from customs_data.edition.manifest import read_manifest
from customs_data.errors import KitError
from customs_data.tasks import find_task
from customs_kit.workspace import find_workspace_edition, make_workspace
from forked_command import kit_in_fork

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.process


def execute_notebook(workspace, name="first_steps.ipynb", smaller=()):
    """Run a notebook from top to bottom; a cell that fails raises. `smaller`: texts to replace."""
    text = (workspace / name).read_text(encoding="utf-8")
    for large, small in smaller:
        assert large in text
        text = text.replace(large, small)
    notebook = nbformat.reads(text, as_version=4)
    run = {"metadata": {"path": str(workspace)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=run).execute()
    return notebook


@pytest.fixture(scope="module")
def workspace(sample_path, tmp_path_factory):
    """A workspace on a small edition; tests add files, and change none."""
    folder = tmp_path_factory.mktemp("start") / "team"
    made = kit_in_fork("start", folder, "--edition", sample_path, "--json")
    assert made.status == 0, made.stderr
    assert set(json.loads(made.stdout)["files"]) == {path.name for path in folder.iterdir()}
    return folder


def test_a_workspace_is_complete_and_has_nothing_hidden(workspace, sample_path):
    assert {path.name for path in workspace.iterdir()} == {
        "README.md", "edition", "first_steps.ipynb", "my_gnn.py", "my_model.py",
        "my_strategy.py", "pyproject.toml", "season.ipynb",
    }  # fmt: skip
    assert [path.name for path in (workspace / "edition").iterdir()] == ["public"]
    manifest = read_manifest(sample_path / "public")
    readme = (workspace / "README.md").read_text()
    assert f"{manifest.rows['private']:,}" in readme
    assert "$" not in readme
    assert "answers" not in readme  # only of the practice edition can they be made again


def test_the_model_of_a_workspace_is_run_and_checked(workspace):
    ran = kit_in_fork("baseline", "run", "my_model.py:MyModel", cwd=workspace)
    assert ran.status == 0, ran.stderr
    assert "Validation" in ran.stdout
    submission = re.search(r"Checked: (\S+) can be scored", ran.stdout)[1]
    checked = kit_in_fork("submission", "check", submission, cwd=workspace)
    assert checked.status == 0, checked.stderr


@pytest.fixture(scope="module", params=["hs6", "networks", "scheme"])
def workspace_of_a_task(request, tmp_path_factory):
    """A workspace on a small edition of another task."""
    folder = tmp_path_factory.mktemp(request.param)
    rows = find_task(request.param).fewest_declarations or 2_500
    made = kit_in_fork(
        "data", "generate", "--task", request.param, "--rows", rows, "--seed", 6, "--out",
        "edition", cwd=folder,
    )  # fmt: skip
    assert made.status == 0, made.stderr
    started = kit_in_fork(
        "start", "team", "--edition", "edition", "--task", request.param, cwd=folder
    )
    assert started.status == 0, started.stderr
    return folder / "team"


def test_model_and_notebook_of_every_task_run(workspace_of_a_task):
    readme = (workspace_of_a_task / "README.md").read_text()
    assert "$" not in readme
    ran = kit_in_fork("baseline", "run", "my_model.py:MyModel", cwd=workspace_of_a_task)
    assert ran.status == 0, ran.stderr
    assert "Validation" in ran.stdout
    notebook = execute_notebook(workspace_of_a_task)
    assert "can be scored" in str(notebook.cells[-2]["outputs"])
    assert f"baseline list --task {workspace_of_a_task.parent.name[:-1]}" in readme


def test_a_task_that_the_edition_does_not_have_is_refused(sample_path, tmp_path):
    made = kit_in_fork("start", tmp_path / "t", "--edition", sample_path, "--task", "hs6")
    assert made.status == 1
    assert "has the task fraud, not hs6" in made.stderr


def test_the_notebook_runs_from_top_to_bottom(workspace):
    notebook = execute_notebook(workspace)
    assert "can be scored" in str(notebook.cells[-2]["outputs"])
    shipped = nbformat.read(workspace / "first_steps.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in shipped.cells)


@pytest.mark.parametrize(
    "smaller",
    [
        pytest.param((("54_000", "20_000"), ("120_000", "20_000")), id="small worlds"),
        pytest.param((), id="as it is", marks=pytest.mark.slow),
    ],
)
def test_the_notebook_on_seasons_runs_from_top_to_bottom(workspace, tmp_path, smaller):
    for name in ("season.ipynb", "my_strategy.py"):
        (tmp_path / name).write_bytes((workspace / name).read_bytes())
    notebook = execute_notebook(tmp_path, "season.ipynb", smaller)
    assert re.search(r"precision 0\.\d{3}", str(notebook.cells[-1]["outputs"]))
    shipped = nbformat.read(workspace / "season.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in shipped.cells)


def test_commands_find_the_workspace_they_are_in(workspace, tmp_path):
    below = workspace / "notes"
    below.mkdir()
    assert find_workspace_edition(below) == workspace / "edition"
    assert find_workspace_edition(tmp_path) is None
    outside = kit_in_fork("submission", "check", "x.csv", cwd=tmp_path)
    assert (outside.status, "workspace" in outside.stderr) == (2, True)
    for text, said in (("[tool", "TOML"), ("[tool.customs-kit]\nedition = 7", "path of a folder")):
        (tmp_path / "pyproject.toml").write_text(text)
        with pytest.raises(KitError, match=said):
            find_workspace_edition(tmp_path)


def test_a_workspace_is_not_made_over_anything(sample_path, tmp_path):
    (tmp_path / "kept").write_text("mine")
    for out, edition, said in (
        (tmp_path, sample_path, "Choose a new or empty folder"),
        (tmp_path / "new", tmp_path, str(tmp_path)),
    ):
        with pytest.raises(KitError, match=said):
            make_workspace(out, edition)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_what_teams_may_import_is_there():
    for name in customs_kit.__all__:
        assert getattr(customs_kit, name).__doc__


@pytest.mark.slow
def test_a_new_user_gets_from_nothing_to_a_checked_submission(tmp_path):
    """The issue's own words, on the practice edition; then everything the documents say."""
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert kit("start", "team", cwd=tmp_path, **cache).returncode == 0
    ran = kit("baseline", "run", "my_model.py:MyModel", cwd=tmp_path / "team", **cache)
    assert ran.returncode == 0, ran.stderr
    assert "can be scored (16,615 declarations)" in ran.stdout
    network = kit("baseline", "run", "my_gnn.py:MyGNN", cwd=tmp_path / "team", **cache)
    assert network.returncode == 0, network.stderr
    execute_notebook(tmp_path / "team")
    shown = run_blocks(tmp_path / "team" / "README.md", tmp_path / "team", **cache)
    assert "precision@5 %" in shown  # the last block scores against the practice edition's answers


@pytest.mark.slow
def test_what_the_starter_kits_readme_shows_runs(tmp_path):
    run_blocks(ROOT / "starter_kit/README.md", tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"))


@pytest.mark.slow
def test_the_workspaces_model_beats_xgboost_under_the_papers_recipe(tmp_path):
    make_practice_edition(tmp_path / "practice")
    make_workspace(tmp_path / "team", tmp_path / "practice")
    own = tmp_path / "team/my_model.py:MyModel"
    ran = kit(
        "baseline", "run", own, "xgboost", "--recipe", "paper", "--edition",
        tmp_path / "practice", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    ours, xgboost = (run["private"]["precision_at_5"] for run in json.loads(ran.stdout))
    assert ours > xgboost + 0.1


@pytest.mark.slow
def test_the_workspaces_graph_network_learns(tmp_path):
    make_practice_edition(tmp_path / "practice")
    make_workspace(tmp_path / "team", tmp_path / "practice")
    ran = kit(
        "baseline", "run", "my_gnn.py:MyGNN", "lookup", "--validate", "--json",
        cwd=tmp_path / "team",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    ours, lookup = (run["validation"]["precision_at_5"] for run in json.loads(ran.stdout))
    assert ours > lookup + 0.3


@pytest.mark.slow
def test_practice_can_be_looked_up_as_its_readme_says(tmp_path):
    """`data generate --seed 7 --name practice` makes the practice edition again."""
    make_practice_edition(tmp_path / "practice")
    again = kit(
        "data", "generate", "--seed", 7, "--name", "practice", "--out", tmp_path / "again", "--json"
    )
    assert again.returncode == 0, again.stderr
    first, second = (read_manifest(tmp_path / name / "public") for name in ("practice", "again"))
    assert first == second
