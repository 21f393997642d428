"""The contract of tasks: each walks from the making of an edition to the bundle of a platform.

Beside the kit's own tasks walks one of another package (`toy_task`), which the kit does not name:
its answer has another column, its label is none of the schema's, test lacks a declared column, and
what ranks is a share of kilograms.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from math import isnan
from pathlib import Path

import pandas as pd
import pytest

from command_line import kit
from customs_data.edition.hidden import load_solution
from customs_data.edition.layout import USAGES
from customs_data.edition.loading import load_edition
from customs_data.edition.verification import verify_edition
from customs_data.tasks import Task, find_task, task_names
from customs_leaderboard.board import open_board
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team
from customs_scorer.metrics import metrics_of
from customs_scorer.submissions import read_submission
from forked_command import kit_in_fork

TOY = Path(__file__).parents[1] / "toy_task"
#: A model of each task that knows something.
MODELS = {
    "fraud": "risk_profile",
    "hs6": "history",
    "networks": "rule",
    "scheme": "prior",
    "heavy_goods": f"{TOY / 'model.py'}:ByChapter",
}
#: Declarations of the edition; the task scheme refuses so few that its metric says nothing.
ROWS = dict.fromkeys(MODELS, 2_500) | {"scheme": 20_000}
KEY = "Declaration ID"


@pytest.fixture(scope="module")
def toy_package(tmp_path_factory):
    """The toy package is installed: its entry point is known, here and in child processes."""
    site = tmp_path_factory.mktemp("site")
    for path in TOY.glob("heavy_goods*.py"):
        shutil.copy(path, site)
    facts = site / "heavy_goods-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: heavy-goods\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[customs_kit.tasks]\nheavy_goods = heavy_goods\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        paths = filter(None, [str(site), os.environ.get("PYTHONPATH")])
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        yield


@dataclass
class Walk:
    """A task's edition, its model's run, and the submission."""

    task: Task
    folder: Path
    record: dict
    submission: Path

    @property
    def edition(self) -> Path:
        return self.folder / "edition"

    def expected(self, period):
        """What the task's metrics say of the submission, by name."""
        edition = load_edition(self.edition)
        solution = load_solution(edition.layout, edition.units)
        rows = (solution["Usage"] == USAGES[period]).to_numpy()
        answers = solution.loc[rows, list(self.task.target_names)]
        answer = read_submission(self.submission, edition.units, task=self.task)[rows]
        return {m.name: m.value(answers, answer) for m in metrics_of(self.task).all}


@pytest.fixture(scope="module", params=MODELS)
def walk(request, toy_package, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    made = kit_in_fork(
        "data", "generate", "--task", request.param, "--rows", ROWS[request.param],
        "--seed", 6,
        "--label-rate", 0.5, "--out", "edition", cwd=folder,
    )  # fmt: skip
    assert made.status == 0, made.stderr
    ran = kit_in_fork(
        "baseline", "run", MODELS[request.param], "--edition", "edition", "--validate",
        "--out", "runs", "--json", cwd=folder,
    )  # fmt: skip
    assert ran.status == 0, ran.stderr
    (submission,) = folder.glob("runs/*/submission.csv")
    return Walk(find_task(request.param), folder, json.loads(ran.stdout)[0], submission)


def test_every_task_of_the_kit_walks(toy_package):
    assert set(MODELS) == set(task_names())


def test_the_edition_is_whole_and_asks_the_task(walk):
    edition = load_edition(walk.edition)
    assert edition.task == walk.task
    manifest = json.loads((walk.edition / "public/edition.json").read_text(encoding="utf-8"))
    assert manifest["task"] == walk.task.name
    assert all(check.passed for check in verify_edition(walk.edition))
    assert (edition.labels >= 0).mean().iloc[0] == pytest.approx(0.5, abs=0.001)
    assert list(edition.test) == [name for name in edition.train if name not in walk.task.withheld]
    assert list(edition.sample_submission) == list(walk.task.header)
    solution = load_solution(edition.layout)
    assert list(solution) == [walk.task.unit.key, *walk.task.target_names, "Usage"]
    assert set(edition.given) == set(walk.task.given)
    sheet = (walk.edition / "public/DATASHEET.md").read_text()
    assert walk.task.motivation in sheet
    assert walk.task.uses in sheet


def test_the_audit_measures_with_the_metric_of_the_task(walk):
    audit = kit("data", "audit", walk.edition, "--no-transfer", "--json")
    tests = {test["name"]: test for test in json.loads(audit.stdout)["tests"]}
    if walk.task.asks_declarations:
        assert metrics_of(walk.task).ranked[0].title in tests["six-tuple look-up"]["explanation"]
    assert tests["public/ is sound"]["passed"]


def test_a_run_is_scored_by_the_metrics_of_the_task(walk):
    ranked = [metric.name for metric in metrics_of(walk.task).ranked]
    for period in USAGES:
        scores = walk.record[period]
        assert {name: scores[name] for name in walk.expected(period)} == pytest.approx(
            walk.expected(period), nan_ok=True, rel=1e-12
        )
        if walk.record["lookup"] is not None:  # of networks nothing can be copied
            assert set(walk.record["lookup"][period]) == set(ranked)
    # What is published suffices for other metrics: the toy's ranked one needs kilograms, that of
    # hs6 the true codes.
    of_labels = {"heavy_goods": ["heavy_precision_at_20"], "hs6": ["declared_top_1"]}
    able = [metrics_of(walk.task).named(name) for name in of_labels.get(walk.task.name, ranked)]
    assert set(walk.record["validation"]) == {
        metrics_of(walk.task).n_units,
        *(metric.name for metric in able),
        *(metric.interval_name for metric in able),
        *(f"chance_{metric.name}" for metric in able),
    }
    private = walk.record["private"]
    assert private[ranked[0]] > private[f"chance_{ranked[0]}"]
    if walk.record["lookup"] is not None:
        assert private[ranked[0]] > walk.record["lookup"]["private"][ranked[0]]


def test_a_submission_of_another_task_is_refused(walk):
    good = kit_in_fork("submission", "check", walk.submission, "--edition", walk.edition)
    assert good.status == 0, good.stderr
    other = walk.folder / "other.csv"
    column = walk.task.answer.columns[-1]
    other.write_text(walk.submission.read_text().replace(column, "Other Score", 1))
    bad = kit_in_fork("submission", "check", other, "--edition", walk.edition)
    assert bad.status == 1
    assert ",".join(walk.task.header) in bad.stderr


def test_the_scorecard_names_the_metrics_of_the_task(walk):
    scored = kit_in_fork("score", walk.submission, "--edition", walk.edition)
    assert scored.status == 0, scored.stderr
    for metric in metrics_of(walk.task).all:
        assert metric.title in scored.stdout


def test_a_competition_climbs_the_ladder_and_closes(walk):
    made = kit_in_fork(
        "leaderboard", "init", walk.edition, "--out", walk.folder / "board", "--practice",
        "--ladder", "step", "--ladder-ground", 0, "--closes", "2099-01-01",
    )  # fmt: skip
    assert made.status == 0, made.stderr
    board = open_board(walk.folder / "board")
    team, _ = add_team(board, "Team A")
    neutral = submit_file(board, team.number, walk.edition / "public/sample_submission.csv")
    receipt = submit_file(board, team.number, walk.submission)
    name = metrics_of(walk.task).ranked[0].name
    assert neutral.shown <= receipt.shown == pytest.approx(walk.expected("public")[name], abs=0.1)
    board.close_connections()
    closed = kit_in_fork("leaderboard", "close", walk.folder / "board", "--early", "--json")
    assert closed.status == 0, closed.stderr
    (row,) = json.loads(closed.stdout)["rows"]
    for period in USAGES:
        scores = row["scores"][period]
        known = {n: value for n, value in walk.expected(period).items() if not isnan(value)}
        assert {n: scores[n] for n in known} == known
    table = kit_in_fork("leaderboard", "standings", walk.folder / "board")
    assert table.status == 0, table.stderr


def test_codabench_scores_alike(walk, tmp_path):
    bundle = tmp_path / "bundle.zip"
    made = kit_in_fork("publish", "codabench", walk.edition, "--out", bundle, "--practice")
    assert made.status == 0, made.stderr
    checked = kit_in_fork("publish", "codabench", "--check", bundle)
    assert checked.status == 0, checked.stderr
    unpack(bundle, tmp_path / "bundle")
    (program,) = (tmp_path / "bundle").rglob("scoring.py")
    references = sorted((tmp_path / "bundle").rglob("labels.csv"))
    assert len(references) == len(USAGES)
    key = walk.task.unit.key
    solution = load_solution(load_edition(walk.edition).layout).set_index(key)
    for labels in references:
        given = tmp_path / labels.parent.name
        shutil.copytree(labels.parent, given / "ref")
        (given / "res").mkdir()
        shutil.copy(walk.submission, given / "res/submission.csv")
        ran = subprocess.run(
            [sys.executable, "-I", program, given, tmp_path],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        (usage,) = solution.loc[pd.read_csv(labels, dtype={key: str})[key], "Usage"].unique()
        scores = json.loads((tmp_path / "scores.json").read_text())
        assert set(scores) == {metric.name for metric in metrics_of(walk.task).ranked}
        expected = walk.expected(usage.lower())
        assert scores == pytest.approx({name: expected[name] for name in scores})


def unpack(archive, folder):
    """Unpack an archive and those inside it, each into a folder of its name."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    for inner in list(folder.rglob("*.zip")):
        unpack(inner, inner.with_suffix(""))


def test_a_secret_serves_one_task(tmp_path):
    assert kit_in_fork("data", "secret", "--out", "secret.json", cwd=tmp_path).status == 0
    given = ("--secret-file", "secret.json", "--rows", 500)
    first = kit_in_fork("data", "generate", "--task", "hs6", *given, "--out", "goods", cwd=tmp_path)
    assert first.status == 0, first.stderr
    # test.csv of the task fraud is the answer sheet of hs6.
    second = kit_in_fork("data", "generate", *given, "--out", "fraud", cwd=tmp_path)
    assert second.status == 1
    assert "secret" in second.stderr
    assert not (tmp_path / "fraud").exists()


def test_practice_editions_of_tasks_come_from_different_seeds():
    seeds = [find_task(name).practice_seed for name in task_names()]
    assert len(set(seeds)) == len(seeds)


def test_a_profile_reads_the_training_declarations_of_every_task(walk):
    train = walk.edition / "public/train.csv"
    out = walk.folder / "profile.json.gz"
    made = kit_in_fork("data", "profile", train, "--min-count", 1, "--out", out)
    assert made.status == 0, made.stderr
    assert out.is_file()
