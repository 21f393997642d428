"""The Codabench bundle: its program run as on the platform, and the check of broken bundles."""

from __future__ import annotations

import ast
import gzip
import io
import json
import shlex
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
import yaml

from command_line import kit
from customs_data.edition.loading import load_edition
from customs_data.errors import KitError
from customs_data.tasks import find_task, task_names
from customs_leaderboard.publishing import metric_files
from customs_leaderboard.publishing.announcement import Announcement
from customs_leaderboard.publishing.codabench.bundle import make_bundle
from customs_leaderboard.publishing.codabench.check_bundle import check_bundle
from customs_leaderboard.publishing.metric_files import (
    metric_module,
    published_metrics,
    standalone_metric,
    standalone_program,
)
from customs_scorer import check_submission, write_submission
from customs_scorer.formats import FORMATS_IN_WORDS
from customs_scorer.metrics import metrics_of
from customs_scorer.ranking import score_files

KIT = {"my_model.py": b"class MyModel: ...\n"}
NOTICE = Announcement(
    "Busan 2030: which five percent?",
    datetime(2030, 3, 1, 9, 30, tzinfo=UTC),
    datetime(2030, 6, 1, 18, tzinfo=UTC),
    daily_limit=3,
    contact="board@example.org",
)


@pytest.fixture(scope="module")
def bundle(edition_path, tmp_path_factory):
    path = tmp_path_factory.mktemp("codabench") / "bundle.zip"
    make_bundle(edition_path, path, NOTICE, starting_kit=KIT)
    return path


@pytest.fixture(scope="module")
def settings(bundle):
    return yaml.safe_load(zipfile.ZipFile(bundle).read("competition.yaml"))


def test_the_bundle_is_valid_and_the_same_every_time(bundle, edition_path, tmp_path):
    assert check_bundle(bundle) == []
    make_bundle(edition_path, tmp_path / "again.zip", NOTICE, starting_kit=KIT)
    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()
    assert bundle.stat().st_mode & 0o077 == 0  # it contains labels
    with zipfile.ZipFile(bundle) as archive:
        assert all("/" not in member.filename for member in archive.infolist())
        assert all(member.file_size for member in archive.infolist())


def test_two_phases_follow_each_other_and_times_stay_text(settings):
    public, private = settings["phases"]
    assert (public["start"], public["end"]) == ("2030-03-01 09:30:00", "2030-06-01 18:00:00")
    assert private["start"] == public["end"]
    assert public["max_submissions_per_day"] == 3
    assert private["auto_migrate_to_this_phase"]
    assert private["hide_score_output"]
    columns = settings["leaderboards"][0]["columns"]
    assert [(c["key"], c["precision"], c["sorting"]) for c in columns] == [
        ("precision_at_5", 4, "desc"), ("precision_at_10", 4, "desc")
    ]  # fmt: skip


def test_labels_are_in_the_reference_data_of_their_own_phase_only(bundle, settings, edition):
    with zipfile.ZipFile(bundle) as archive:
        archives = {
            name: zipfile.ZipFile(io.BytesIO(archive.read(name)))
            for name in archive.namelist()
            if name.endswith(".zip")
        }
        texts = {n: archive.read(n).decode() for n in archive.namelist() if n.endswith(".md")}
    for task, period in zip(settings["tasks"], ("public", "private"), strict=True):
        reference = archives[task["reference_data"]]
        labels = pd.read_csv(reference.open("labels.csv"), dtype=str)
        expected = edition.test.loc[edition.test_period == period, "Declaration ID"]
        assert set(labels["Declaration ID"]) == set(expected)
    assert {name for name, inner in archives.items() if "labels.csv" in inner.namelist()} == {
        "reference_public.zip", "reference_private.zip"
    }  # fmt: skip
    assert "my_model.py" in archives["starting_kit.zip"].namelist()
    assert edition.manifest.commitment in texts["overview.md"]
    assert "no Ladder" in texts["overview.md"]
    assert "board@example.org" in texts["overview.md"]
    assert "## Composition" in texts["data.md"]
    assert not any("$" in text for text in texts.values())


def run_as_the_platform(bundle, phase, files, folder):
    """Unpack a task below /app and run the command of metadata.yaml; return process and scores."""
    settings = yaml.safe_load(zipfile.ZipFile(bundle).read("competition.yaml"))
    task = settings["tasks"][settings["phases"][phase]["tasks"][0]]
    app = folder / "app"
    for name, place in (("scoring_program", "program"), ("reference_data", "input/ref")):
        with zipfile.ZipFile(io.BytesIO(zipfile.ZipFile(bundle).read(task[name]))) as archive:
            archive.extractall(app / place)
    for path in ("input/res", "output"):
        (app / path).mkdir(parents=True)
    for name, content in files.items():
        (app / "input/res" / name).write_bytes(content)
    command = yaml.safe_load((app / "program/metadata.yaml").read_text())["command"]
    words = shlex.split(command.replace("/app/", f"{app}/").replace(" /app", f" {app}"))
    assert words[0] == "python3"
    # -I: the kit cannot be imported, as on the platform.
    ran = subprocess.run(
        [sys.executable, "-I", "-c", RUNNER, *words[1:]],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    scores = app / "output/scores.json"
    return ran, json.loads(scores.read_text()) if scores.exists() else None


# Runs a script that cannot import the kit.
RUNNER = """
import runpy, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.startswith('customs_'):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
"""


@pytest.mark.parametrize(("phase", "period"), [(0, "public"), (1, "private")])
def test_the_program_gives_the_four_decimals_of_customs_kit_score(
    bundle, edition, edition_path, tmp_path, phase, period
):
    # Coarse scores tie at the cut; rows are in another order.
    scores = np.random.default_rng(phase).normal(size=len(edition.test)).round(1)
    path = write_submission(edition, scores, tmp_path / "submission.csv")
    (standing,) = score_files([path], edition_path, n_replicates=0)
    header, *rows = path.read_bytes().splitlines(keepends=True)
    content = b"".join([header, *sorted(rows)])
    ran, scores = run_as_the_platform(bundle, phase, {"submission.csv": content}, tmp_path)
    assert ran.returncode == 0, ran.stderr
    expected = getattr(standing.scorecard, period)
    for key in ("precision_at_5", "precision_at_10"):
        assert f"{scores[key]:.4f}" == f"{expected[key]:.4f}"


@pytest.mark.parametrize(
    ("name", "rewrite"),
    [
        ("submission.csv.gz", gzip.compress),
        ("SUBMISSION.CSV", lambda content: b"\xef\xbb\xbf" + content),
        ("submission.csv", gzip.compress),
        ("submission.CSV.GZ", lambda content: content.replace(b"\n", b"\r\n")),
        ("submission", lambda content: content),
    ],
)
def test_the_program_takes_what_the_check_accepts(bundle, edition, tmp_path, name, rewrite):
    path = write_submission(edition, np.arange(len(edition.test)), tmp_path / "plain.csv")
    content = rewrite(path.read_bytes())
    path.write_bytes(content)
    assert check_submission(path, edition.test["Declaration ID"]).passed
    files = {name: content, ".DS_Store": b"\0", "notes.md": b"# How I made it"}
    if name == "submission":
        del files["notes.md"]
    ran, scores = run_as_the_platform(bundle, 0, files, tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert set(scores) == {"precision_at_5", "precision_at_10"}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "0 CSV files"),
        ({"a.csv": b"PAR1" + b"\0" * 99}, f"The file is Parquet: send {FORMATS_IN_WORDS}."),
        ({"a.csv.gz": gzip.compress(b"Declaration ID,Fraud Score\n" * 99)[:-9]}, "no CSV"),
        ({"a.csv": b"PK\x03\x04\xff\xfe"}, "no CSV in UTF-8"),
        ({"a.csv": b"a", "b.CSV": b"b"}, "2 CSV files"),
        ({"a.txt": b"a", "b": b"b"}, "0 CSV files"),
        ({"submission.csv": b"Declaration ID,Fraud Score\n1,0.5\n"}, "are missing"),
        ({"a.csv": b"Declaration ID;Fraud Score\n1;0.5\n"}, "header"),
    ],
)
def test_a_participants_mistake_gives_a_message_and_no_scores(bundle, tmp_path, files, message):
    ran, scores = run_as_the_platform(bundle, 0, files, tmp_path)
    assert (ran.returncode, scores) == (1, None)
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_program_contains_the_scorers_metric_and_needs_no_new_python():
    program = standalone_program(find_task())
    assert standalone_metric(find_task()).strip() in program
    assert "customs_scorer." not in program.split("# --- The program ---")[1]
    assert "import customs" not in program
    ast.parse(program, feature_version=(3, 7))


@pytest.mark.parametrize("name", task_names())
def test_the_metric_file_of_a_task_fits_it(name):
    task, module = find_task(name), metric_module(find_task(name))
    assert task.answer.columns == module.ANSWER
    assert set(module.TARGET) <= set(task.target_names)
    assert published_metrics(task) == list(metrics_of(task).ranked)


def test_a_task_without_a_metric_file_is_refused(monkeypatch):
    monkeypatch.setattr(metric_files, "is_built_in", lambda name: False)
    monkeypatch.setattr(metric_files, "task_module", lambda name: ast)
    with pytest.raises(KitError, match="'fraud' has no metric file"):
        metric_module(find_task())


def damaged(bundle, path, change=None, drop=(), empty=(), folder=""):
    """Write a bundle that differs from a correct one."""
    with zipfile.ZipFile(bundle) as archive, zipfile.ZipFile(path, "w") as copy:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "competition.yaml" and change is not None:
                settings = yaml.safe_load(content)
                content = (change(settings) or yaml.safe_dump(settings)).encode()
            if name not in drop:
                copy.writestr(folder + name, b"" if name in empty else content)
    return path


def unquoted(settings):
    text = yaml.safe_dump(settings)
    return text.replace("'2030-03-01 09:30:00'", "2030-03-01 09:30:00")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.update(version=1), "instead of 2"),
        (lambda s: s.__delitem__("docker_image"), "docker_image is missing"),
        (lambda s: s.__delitem__("terms"), "terms is missing"),
        (lambda s: s.update(image="other.png"), "image names 'other.png', which is no file"),
        (lambda s: s.update(pages=[]), "pages is missing"),
        (unquoted, "start is not quoted"),
        (lambda s: s["phases"][0].update(end="June"), "write it like"),
        (lambda s: s["phases"][0].update(end=None), "has no end"),
        (lambda s: s["phases"][1].update(start="2030-05-01 00:00:00"), "previous phase ends"),
        (lambda s: s["phases"][0].update(tasks=[7]), "tasks that do not exist: [7]"),
        (lambda s: s["phases"][0].update(auto_migrate_to_this_phase=True), "is the first"),
        (lambda s: s["tasks"][1].update(index=0), "not unique: [0, 0]"),
        (lambda s: s["tasks"][0].update(scoring_program="logo.png"), "logo.png is no zip archive"),
        (lambda s: s["tasks"][0].update(scoring_program="starting_kit.zip"), "metadata.yaml"),
        (lambda s: s["tasks"][0].__delitem__("reference_data"), "reference_data"),
        (lambda s: s["leaderboards"][0]["columns"][0].__delitem__("precision"), "precision None"),
        (lambda s: s["leaderboards"][0]["columns"][1].update(sorting="asc"), "sorting desc"),
        (lambda s: s["leaderboards"][0]["columns"][1].update(key="precision_at_5"), "The key of"),
        (lambda s: s.__delitem__("leaderboards"), "has no board"),
        (lambda s: "a: [", "not YAML"),
    ],
)
def test_each_problem_is_one_sentence(bundle, tmp_path, change, message):
    problems = check_bundle(damaged(bundle, tmp_path / "b.zip", change))
    assert any(message in problem for problem in problems), problems
    assert all(problem.endswith(".") and "\n" not in problem for problem in problems)


def test_missing_and_empty_files_are_problems(bundle, tmp_path):
    missing = check_bundle(damaged(bundle, tmp_path / "a", drop={"rules.md"}))
    assert any("rules.md" in problem for problem in missing)
    empty = check_bundle(damaged(bundle, tmp_path / "b", empty={"data.md"}))
    assert empty == ["data.md is empty: the platform refuses empty files."]
    (nested,) = check_bundle(damaged(bundle, tmp_path / "c", folder="bundle/"))
    assert "zip the files, not their folder" in nested
    (tmp_path / "d").write_text("no zip")
    assert check_bundle(tmp_path / "d") == ["d is no zip archive."]
    with pytest.raises(KitError, match="cannot be read"):
        check_bundle(tmp_path / "absent")


def test_what_is_hidden_does_not_get_into_downloads(edition_path, tmp_path):
    labels = (edition_path / "hidden/solution.csv").read_bytes()
    for name, content in (("answers.csv", labels), ("oracle.csv", b"x\n1\n")):
        with pytest.raises(KitError, match="contain parts of hidden"):
            make_bundle(edition_path, tmp_path / "b.zip", NOTICE, starting_kit={name: content})
    assert not (tmp_path / "b.zip").exists()


def test_the_command_makes_and_checks_a_bundle(sample_path, tmp_path):
    out = tmp_path / "bundle.zip"
    make = ("publish", "codabench", sample_path, "--out", out, "--closes", "2035-01-01")
    first = kit(*make, "--json")
    assert first.returncode == 0, first.stderr
    assert "Warning: the edition was imported" in first.stderr
    assert "competition.yaml" in json.loads(first.stdout)["files"]
    checked = kit("publish", "codabench", "--check", out)
    assert (checked.returncode, "valid bundle" in checked.stdout) == (0, True)
    again = kit(*make)
    assert (again.returncode, "exists already" in again.stderr) == (1, True)


def test_the_starting_kit_has_the_baselines_submissions_and_nothing_else_of_their_runs(
    edition, edition_path, tmp_path
):
    runs, out = tmp_path / "runs", tmp_path / "bundle.zip"
    make = ("publish", "codabench", edition_path, "--out", out, "--closes", "2035-01-01")
    (runs / "lookup-seed0").mkdir(parents=True)
    none = kit(*make, "--baselines", runs)
    assert (none.returncode, "Give --baselines the folder" in none.stderr) == (1, True)

    sent = runs / "lookup-seed0/submission.csv"
    scores = np.linspace(0, 1, len(edition.test))
    write_submission(edition, scores, sent)
    (sent.parent / "run.json").write_text('{"private": {"precision_at_5": 0.9}}')
    with_runs = kit(*make, "--baselines", runs)
    assert with_runs.returncode == 0, with_runs.stderr
    with zipfile.ZipFile(out) as archive:
        starting_kit = zipfile.ZipFile(io.BytesIO(archive.read("starting_kit.zip")))
    assert starting_kit.read("baselines/lookup-seed0.csv") == sent.read_bytes()
    assert not [name for name in starting_kit.namelist() if name.endswith("run.json")]
    assert check_bundle(out) == []

    out.unlink()
    sent.write_bytes(b"".join(sent.read_bytes().splitlines(keepends=True)[:-1]))
    short = kit(*make, "--baselines", runs)
    assert short.returncode == 1
    assert not out.exists()


def test_a_published_seed_is_refused_but_for_practice(edition_path, tmp_path):
    copy = tmp_path / "seeded"
    shutil.copytree(edition_path, copy)
    manifest = copy / "public/edition.json"
    manifest.write_text(manifest.read_text().replace('"secret"', '"published-seed"'))
    assert load_edition(copy).manifest.origin == "published-seed"
    with pytest.raises(KitError, match="published seed"):
        make_bundle(copy, tmp_path / "b.zip", NOTICE, starting_kit=KIT)


def test_an_announcement_must_make_sense():
    for change in (
        {"title": ""},
        {"closes": NOTICE.opens},
        {"daily_limit": 0},
        {"contact": "[x](y)"},
    ):
        with pytest.raises(KitError):
            Announcement(**{**vars(NOTICE), **change})


def test_organizers_can_read_the_texts_as_files():
    folder = files("customs_leaderboard.publishing") / "texts"
    assert {path.name for path in folder.iterdir()} == {
        "overview.md", "data.md", "evaluation.md", "rules.md", "contact.md"
    }  # fmt: skip
