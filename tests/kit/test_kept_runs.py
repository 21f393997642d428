"""Kept runs: their list, their names as submissions, and the remembered leaderboard."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
from click.testing import CliRunner

from customs_baselines.running.history import list_runs
from customs_data.errors import KitError
from customs_kit.cli import customs_kit
from customs_kit.kept_runs import find_submission
from customs_kit.workspace import find_workspace, make_workspace
from customs_scorer.submissions import write_submission

SCORE = {"precision_at_5": 0.7, "precision_at_10": 0.6, "interval_at_5": [0.65, 0.75]}


def keep(folder, *, started="2030-01-02T03:04:05+00:00", **more):
    """Write the folder of a run."""
    folder.mkdir(parents=True)
    record = {
        "baseline": "my_model.py:MyModel", "recipe": None, "seed": 0, "label_rate": 1.0,
        "erasure": "none", "public": None, "private": None, "validation": SCORE,
        "repeat": {"edition": "practice"}, "started": started,
    } | more  # fmt: skip
    (folder / "run.json").write_text(json.dumps(record))
    if "error" not in record:
        (folder / "submission.csv").write_text("Declaration ID,Fraud Score\n")
    return folder


@pytest.fixture
def team(tmp_path, monkeypatch):
    """A folder with runs of two editions, damaged ones and foreign ones; the current folder."""
    practice, final = tmp_path / "runs/practice", tmp_path / "runs/final"
    keep(practice / "MyModel-seed0", started="2030-01-01T00:00:00+00:00")
    keep(practice / "MyModel-seed0-2", started="2030-01-03T00:00:00+00:00")
    keep(final / "MyModel-seed0", started="2030-01-02T23:00:00-02:00")
    keep(final / "Bad-seed0", error="ValueError: no", started="2030-01-01T12:00:00+00:00")
    old = keep(practice / "lookup-seed0")  # of a version that did not write when it began
    record = json.loads((old / "run.json").read_text())
    del record["started"]
    (old / "run.json").write_text(json.dumps(record))
    os.utime(old / "run.json", (0, 0))
    for name, text in (
        ("cut", '{"baseline'), ("list", "[]"), ("foreign", '{"jobs": 1}'),
        ("scores", '{"baseline": "x", "private": 3, "repeat": {}}'),
        ("time", '{"baseline": "x", "repeat": {}, "started": "yesterday"}'),
        ("year", '{"baseline": "x", "repeat": {}, "started": "0001-01-01T00:00:00+14:00"}'),
        ("nan", '{"baseline": "x", "repeat": {}, "public": {"precision_at_5": NaN}}'),
        ("text", '{"baseline": "x", "repeat": {}, "public": {"precision_at_5": "high"}}'),
        ("half", '{"baseline": "x", "repeat": {}, "public": {"interval_at_5": [0.1]}}'),
        ("task", '{"baseline": "x", "repeat": {}, "task": "gone"}'),
    ):  # fmt: skip
        (practice / name).mkdir()
        (practice / name / "run.json").write_text(text)
    (practice / "killed/code").mkdir(parents=True)
    (practice / "explained/xgboost-kit-seed0").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def kit(*arguments):
    return CliRunner().invoke(customs_kit, [str(it) for it in arguments])


def test_runs_are_listed_newest_first_and_others_are_noted(team):
    runs, notes = list_runs(team / "runs")
    assert [run.place for run in runs] == [
        "final/MyModel-seed0",  # 23:00 two hours west of UTC
        "practice/MyModel-seed0-2",
        "final/Bad-seed0",
        "practice/MyModel-seed0",
        "practice/lookup-seed0",  # the time of its file
    ]
    damaged = {"cut", "list", "foreign", "scores", "time", "year", "nan", "text", "half", "task"}
    assert {part for note in notes for part in note.split("/")} & damaged == damaged
    assert sum("killed has no run.json" in note for note in notes) == 1
    assert len(notes) == 11
    assert [run.name for run in list_runs(team / "runs/final")[0]] == ["MyModel-seed0", "Bad-seed0"]
    assert list_runs(team / "nowhere") == ([], [])


def test_the_list_as_table_and_as_json(team):
    listed = kit("baseline", "runs")
    assert listed.exit_code == 0
    assert "0.700 (0.650 .. 0.750)" in listed.stdout
    assert "final/MyModel-seed0 " in listed.stdout  # two runs have the name
    assert " MyModel-seed0-2 " in listed.stdout
    assert "failed" in listed.stdout
    assert listed.stderr.count("Left out: ") == 11
    rows = json.loads(kit("baseline", "runs", "--json", "--out", "runs/final").stdout)
    assert [(row["run"], row["submission"]) for row in rows] == [
        ("MyModel-seed0", "runs/final/MyModel-seed0/submission.csv"), ("Bad-seed0", None)
    ]  # fmt: skip
    assert rows[0]["validation"] == SCORE
    assert rows[1]["error"] == "ValueError: no"
    absent = kit("baseline", "runs", "--out", "nowhere")
    assert isinstance(absent.exception, KitError)
    (team / "empty").mkdir()
    assert "No run is kept in empty" in kit("baseline", "runs", "--out", "empty").stdout


def test_a_submission_is_a_file_a_folder_or_a_name(team):
    for named, place in (
        ("MyModel-seed0-2", "practice/MyModel-seed0-2"),
        ("final/MyModel-seed0", "final/MyModel-seed0"),
        ("runs/final/MyModel-seed0", "final/MyModel-seed0"),
        ("runs/final/MyModel-seed0/", "final/MyModel-seed0"),
        ("runs/final/MyModel-seed0/submission.csv", "final/MyModel-seed0"),
        ("lookup-seed0", "practice/lookup-seed0"),
    ):
        assert find_submission(named).resolve() == team / "runs" / place / "submission.csv"
    (team / "lookup-seed0").write_text("a file of this name comes first")
    assert find_submission("lookup-seed0").name == "lookup-seed0"


@pytest.mark.parametrize(
    ("named", "complaint"),
    [
        ("MyModel-seed0", "2 runs are named MyModel-seed0. Choose one of final/MyModel-seed0, pr"),
        ("Bad-seed0", "final/Bad-seed0 has no submission: ValueError: no"),
        ("mymodel", "Did you mean MyModel-seed0"),
        ("MyModl-seed0-2", "Did you mean MyModel-seed0-2"),
        ("something else", "No file and no run is named something else. `customs-kit baseline ru"),
        ("seed0", "No file and no run"),
        ("other.csv", "No such file: other.csv"),
        ("runs", "runs is a folder without submission.csv"),
        ("x" * 300, "No file and no run"),
        ("", "Give a submission"),
        (".", "without submission.csv"),
    ],
)
def test_a_name_that_means_no_submission_is_one_error(team, named, complaint):
    with pytest.raises(KitError) as error:
        find_submission(named)
    assert complaint in str(error.value)


def test_runs_are_found_from_below_the_workspace(team, monkeypatch):
    (team / "pyproject.toml").write_text("[tool.customs-kit]\nedition = 'edition'\n")
    (team / "notes").mkdir()
    monkeypatch.chdir(team / "notes")
    assert find_submission("lookup-seed0") == team / "runs/practice/lookup-seed0/submission.csv"
    assert "lookup-seed0" in kit("baseline", "runs").stdout


def test_checks_and_sends_take_names_and_warn_of_ties(team, public_copy, sample_edition):
    n = len(sample_edition.test)
    for name, scores in (("Classes-seed0", np.arange(n) % 2), ("Ranks-seed0", np.arange(n))):
        folder = keep(team / "runs/practice" / name)
        write_submission(sample_edition, scores, folder / "submission.csv")
    where = ("--edition", public_copy)
    checked = kit("submission", "check", "Classes-seed0", *where)
    assert "can be scored" in checked.stdout
    assert "Warning: only 2 distinct scores; the cuts at 5 % and 10 % fall into" in checked.stderr
    assert "Warning" not in kit("submission", "check", "Ranks-seed0", *where).stderr
    report = json.loads(kit("submission", "check", "Classes-seed0", *where, "--json").stdout)
    assert report["ties"]["n_distinct"] == 2
    assert [cut["rate"] for cut in report["ties"]["cuts"]] == [0.05, 0.1] * 2
    sent = kit("submission", "send", "Classes-seed0", "--to", "https://board.example", *where)
    assert "Not sent" in sent.stdout
    assert "only 2 distinct scores" in sent.stderr


def test_where_to_send_is_remembered_in_the_workspace(team, public_copy, sample_edition):
    settings = team / "pyproject.toml"
    asked = kit("submission", "status")
    assert asked.exit_code == 2
    assert "write it once into your workspace's pyproject.toml" in asked.stderr
    settings.write_text("[tool.customs-kit]\nto = 'https://board.example'\n")
    write_submission(sample_edition, np.arange(len(sample_edition.test)), team / "s.csv")
    send = ("submission", "send", "s.csv", "--edition", public_copy, "--json")
    assert json.loads(kit(*send).stdout)["to"] == "https://board.example"
    assert json.loads(kit(*send, "--to", "https://other.example").stdout)["to"].endswith(
        "r.example"
    )
    settings.write_text("[tool.customs-kit]\nto = 'kaggle'\n")
    assert "--to kaggle needs --competition" in kit(*send).stderr
    settings.write_text("[tool.customs-kit]\nto = 'kaggle'\ncompetition = 'customs-2030'\n")
    assert json.loads(kit(*send).stdout)["to"] == "kaggle"
    assert json.loads(kit(*send, "--to", "https://board.example").stdout)["sent"] is False
    for text, key in (
        ("to = 7", "to"),
        ("competition = ''", "competition"),
        ("edition = []", "ed"),
    ):
        settings.write_text(f"[tool.customs-kit]\n{text}\n")
        with pytest.raises(KitError, match=f"pyproject.toml: {key}"):
            find_workspace()
    for text in ("[tool]\ncustoms-kit = 7\n", "tool = 7\n"):
        settings.write_text(text)
        if "customs" in text:
            with pytest.raises(KitError, match="Correct it"):
                find_workspace()
        else:
            assert find_workspace() is None


def test_a_new_workspace_has_the_place_for_the_leaderboard(public_copy, tmp_path):
    make_workspace(tmp_path / "team", public_copy)
    settings = tmp_path / "team/pyproject.toml"
    workspace = find_workspace(tmp_path / "team")
    assert (workspace.to, workspace.competition) == (None, None)
    settings.write_text(settings.read_text().replace("# to = ", "to = "))
    assert find_workspace(tmp_path / "team").to == "https://board.example"


def test_a_teams_score_command_names_the_way_out(public_copy, tmp_path):
    ran = kit("score", tmp_path / "s.csv", "--edition", public_copy)
    assert isinstance(ran.exception, KitError)
    assert "they are the organizer's" in str(ran.exception)
    assert "--validate" in str(ran.exception)
